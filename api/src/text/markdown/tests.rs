use std::time::{Duration, Instant};

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

/// Every tag of some HTML with its attributes, read as a browser reads them: quotes may hold anything.
fn tags(html: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let name_end = rest.find([' ', '>']).expect("a tag ends");
        let name = rest[..name_end].trim_start_matches('/').to_owned();
        rest = &rest[name_end..];
        let mut attributes = Vec::new();
        while let Some(attribute) = rest.strip_prefix(' ') {
            let (key, value) = attribute.split_once("=\"").expect("attributes are quoted");
            let (value, after) = value.split_once('"').expect("quotes are closed");
            attributes.push((key.to_owned(), value.to_owned()));
            rest = after;
        }
        assert!(rest.starts_with('>'), "{rest}");
        tags.push((name, attributes));
    }
    tags
}

fn assert_safe(html: &str) {
    for (tag, attributes) in tags(html) {
        assert!(
            SANITIZER.clone_tags().contains(tag.as_str()),
            "<{tag}> in {html}"
        );
        for (name, value) in attributes {
            let allowed = [
                "href", "src", "title", "alt", "rel", "class", "type", "checked", "disabled",
                "start", "align",
            ];
            assert!(allowed.contains(&name.as_str()), "{name} in {html}");
            if matches!(name.as_str(), "href" | "src") {
                let scheme =
                    Url::parse(&value.replace("&amp;", "&")).map(|url| url.scheme().to_owned());
                assert!(
                    scheme.as_deref().is_err()
                        || matches!(scheme.as_deref(), Ok("http" | "https" | "mailto")),
                    "{value} in {html}"
                );
            }
            assert!(
                name != "src" || is_here(&value),
                "a picture from elsewhere in {html}"
            );
        }
    }
}

#[test]
fn markdown_becomes_html() {
    let markdown = "# Panne\n\nLe **VPN** ~~marche~~ _tombe_ à https://intra.example/état :\n\n- [x] relancé\n- [ ] réinstallé\n\n3. `ip a`\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n> écrivez à aide@example.org\n\n```rust\nlet x = 1 < 2;\n```\n\n[doc](/aide \"la doc\") ![écran](/files/1.png)\n";
    assert_snapshot!(to_html(markdown), @r##"
    <h1>Panne</h1>
    <p>Le <strong>VPN</strong> <del>marche</del> <em>tombe</em> à <a href="https://intra.example/%C3%A9tat" rel="nofollow noopener">https://intra.example/état</a> :</p>
    <ul>
    <li><input checked="" disabled="" type="checkbox"> relancé</li>
    <li><input disabled="" type="checkbox"> réinstallé</li>
    </ul>
    <ol start="3">
    <li><code>ip a</code></li>
    </ol>
    <table>
    <thead>
    <tr>
    <th>a</th>
    <th align="right">b</th>
    </tr>
    </thead>
    <tbody>
    <tr>
    <td>1</td>
    <td align="right">2</td>
    </tr>
    </tbody>
    </table>
    <blockquote>
    <p>écrivez à <a href="mailto:aide@example.org" rel="nofollow noopener">aide@example.org</a></p>
    </blockquote>
    <pre><code class="language-rust">let x = 1 &lt; 2;
    </code></pre>
    <p><a href="/aide" title="la doc" rel="nofollow noopener">doc</a> <img src="/files/1.png" alt="écran"></p>
    "##);
}

#[test]
fn tags_are_shown_and_not_obeyed() {
    assert_snapshot!(to_html("got `<null>` and <b>bold</b> & <Foo>\n\n<div onclick=\"x()\">hi</div>"), @r#"
    <p>got <code>&lt;null&gt;</code> and &lt;b&gt;bold&lt;/b&gt; &amp; &lt;Foo&gt;</p>
    &lt;div onclick="x()"&gt;hi&lt;/div&gt;
    "#);
}

#[test]
fn pictures_from_elsewhere_become_links() {
    let cases = [
        (
            "![a](/files/1.png)",
            "<p><img src=\"/files/1.png\" alt=\"a\"></p>\n",
        ),
        (
            "![a](https://spy.example/1.png)",
            "<p><a href=\"https://spy.example/1.png\" rel=\"nofollow noopener\">a</a></p>\n",
        ),
        (
            "![](//spy.example/1.png)",
            "<p><a href=\"//spy.example/1.png\" rel=\"nofollow noopener\">//spy.example/1.png</a></p>\n",
        ),
        (
            "![a](data:image/png;base64,AAAA)",
            "<p><a rel=\"nofollow noopener\">a</a></p>\n",
        ),
    ];
    for (given, expected) in cases {
        assert_eq!(to_html(given), expected, "{given:?}");
    }
    for address in [
        r"/\spy.example",
        r"\\\\spy.example",
        "/\t/spy.example",
        "https:spy.example",
        "HTTP://spy.example",
        "&#47;/spy.example",
    ] {
        assert!(
            !to_html(&format!("![a](<{address}>)")).contains("<img"),
            "{address:?}"
        );
    }
}

#[test]
fn no_script_gets_through() {
    let attacks = [
        "<script>alert(1)</script>",
        "<ScRiPt src=//evil.example></sCrIpT>",
        "<img src=x onerror=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<svg/onload=alert(1)>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
        "<style>*{background:url(javascript:alert(1))}</style>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<a href=javascript:alert(1)>x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](&#x6A;avascript&colon;alert(1))",
        "[x](java&Tab;script:alert(1))",
        "[x](java&NewLine;script:alert(1))",
        "[x](<java\tscript:alert(1)>)",
        "[x](&#1;javascript:alert(1))",
        "[x](%6aavascript:alert(1))",
        "[x](vbscript:msgbox(1))",
        "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
        "[x](file:///etc/passwd)",
        "[x][1]\n\n[1]: javascript:alert(1)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        "![x\" onerror=\"alert(1)](/x)",
        "![x](/x \"a\\\" onerror=\\\"alert(1)\")",
        "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
        "[x](/y \"\\\" onmouseover=alert(1) x=\\\"\")",
        "[a](/b\"onmouseover=\"alert(1))",
        "[![x](javascript:alert(1))](javascript:alert(2))",
        "[x<script>](/a)<script>alert(1)</script>",
        "```\"onmouseover=\"alert(1)\nx\n```",
        "```rust\" onclick=\"x\nx\n```",
        "https://a.example/\"onmouseover=\"alert(1)",
        "www.a.example/<script>alert(1)</script>",
        "| <script>alert(1)</script> |\n|---|\n| <img src=x onerror=alert(1)> |",
        "> - <script>alert(1)</script>\n>   - <svg onload=alert(1)>",
        "<!--><script>alert(1)</script>-->",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<scr\0ipt>alert(1)</scr\0ipt>",
        "<form action=/graphql><input name=x><button>ok</button></form>",
        "<input type=\"text\" name=\"password\" autofocus onfocus=alert(1)>",
        "<meta http-equiv=refresh content=0><base href=//evil.example><link rel=stylesheet href=//evil.example>",
    ];
    for attack in attacks {
        assert_safe(&to_html(attack));
    }
}

/// Each of these once cost some Markdown renderer its stack or minutes of its time.
fn hostile_texts() -> Vec<String> {
    let full = |piece: &str| piece.repeat(BODY_CHARS_MAX / piece.chars().count());
    let mut texts: Vec<String> = [
        ">",
        "> ",
        "- ",
        "1. ",
        ">- ",
        "[",
        "![",
        "[a](",
        "[](",
        "*",
        "*a ",
        "*a **b ",
        "_a*",
        "`",
        "~a ",
        "|",
        "\\",
        "\t",
        "<",
        "<!--",
        "<![CDATA[",
        "<?",
        "a@",
        "www.a ",
        "http://a ",
        "[a](b \"",
        "x\n",
        "- a\n> b\n",
        "a**b_c* ",
    ]
    .map(full)
    .into();
    texts.push(format!("{}a{}", "*".repeat(32_000), "*".repeat(32_000)));
    texts.push(format!("{}{}", "*a ".repeat(10_000), "b* ".repeat(10_000)));
    texts.push(format!("{}{}", "![".repeat(10_000), "](a)".repeat(10_000)));
    texts.push(format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)));
    texts.push(format!(
        "|{}\n|{}\n{}",
        "a|".repeat(10_000),
        "-|".repeat(10_000),
        "a\n".repeat(12_000)
    ));
    texts.push((0..360).map(|depth| " ".repeat(depth) + "- a\n").collect());
    texts.push((0..360).map(|depth| ">".repeat(depth) + "a\n").collect());
    texts.push((1..360).map(|length| "`".repeat(length) + " ").collect());
    texts
}

#[test]
fn hostile_texts_cost_little_time_and_stack() {
    const STACK_BYTES: usize = 512 * 1024;
    // Unoptimised and beside other builds; optimised it is a tenth.
    const SLOWEST: Duration = Duration::from_secs(5);
    let reading = std::thread::Builder::new()
        .stack_size(STACK_BYTES)
        .spawn(|| {
            for text in hostile_texts() {
                let started = Instant::now();
                assert_safe(&to_html(&text));
                assert!(excerpt(&text).chars().count() <= EXCERPT_CHARS_MAX);
                assert!(
                    started.elapsed() < SLOWEST,
                    "{:?} for {:?}",
                    started.elapsed(),
                    first_chars(&text, 20)
                );
            }
        });
    reading
        .expect("a thread starts")
        .join()
        .expect("no text ends the thread");
}

#[test]
fn what_is_too_deep_or_too_long_is_shown_as_typed() {
    assert_eq!(
        to_html(&format!("{}<b>", "> ".repeat(200))),
        format!("<pre>{}&lt;b&gt;</pre>\n", "&gt; ".repeat(200))
    );
    assert!(
        to_html(&format!("{}a", "> ".repeat(20))).starts_with("<blockquote>"),
        "what people write is not too deep"
    );
    let wide = format!(
        "|{}\n|{}\n{}",
        "a|".repeat(5_000),
        "-|".repeat(5_000),
        "a\n".repeat(1_000)
    );
    assert!(to_html(&wide).starts_with("<pre>|a|"));
    assert!(
        to_html(&"é".repeat(BODY_CHARS_MAX + 1))
            .matches('é')
            .count()
            == BODY_CHARS_MAX
    );
}

#[test]
fn excerpts_are_the_words_at_the_beginning() {
    let cases = [
        (
            "# Panne\n\nLe **VPN** [tombe](https://x.example) à `8 h`.\nEncore.",
            "Panne Le VPN tombe à 8 h. Encore.",
        ),
        (
            "- un\n- deux\n\n> trois\n\n| a | b |\n|---|---|\n| c | d |",
            "un deux trois a b c d",
        ),
        (
            "```sh\nip  a\n```\n<b>gras</b> ![écran](/x.png)",
            "ip a <b>gras</b> écran",
        ),
        ("safe\u{202E}gpj.exe \u{1b}[0m", "safegpj.exe [0m"),
        ("", ""),
        ("***", ""),
    ];
    for (given, expected) in cases {
        assert_eq!(excerpt(given), expected, "{given:?}");
    }
    assert_eq!(beginning("one two three", 13), "one two three");
    assert_eq!(beginning("one two, three", 13), "one two…");
    assert_eq!(beginning("one two three", 8), "one two…");
    assert_eq!(beginning("onetwothree", 8), "onetwot…");
    assert_eq!(
        excerpt(&format!(
            "word [a](https://x.example/{})",
            "y".repeat(3_000)
        ),)
        .chars()
        .count(),
        160
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_safe(pieces in prop::collection::vec(prop_oneof![
        prop::sample::select(vec![
            "<script>", "</script>", "<img src=x onerror=y>", " onclick=\"x\"", "<svg>", "<style>", "[x](", ")", "javascript:", "java&Tab;script:",
            "data:text/html,", "&#106;", "![", "](", "\"", "'", "<", ">", "`", "```", "*", "_", "~~", "|", "\n", "\n|--|\n", "- [x] ", "> ",
            "https://a.b/", "www.a.b", "a@b.c", "\\", "&lt;", "&quot;", "\0", "<!--", "-->", "é",
        ]).prop_map(str::to_owned),
        "\\PC{0,6}",
    ], 0..20)) {
        let text = pieces.concat();
        let html = to_html(&text);
        assert_safe(&html);
        prop_assert!(!html.to_lowercase().contains("<script"));
        prop_assert!(beginning(&text, 20).chars().count() <= 20);
    }
}
