//! What people write, made of the same few words, rendered once.

use guichet::text::markdown;

use live::random::Random;

const BODIES: usize = 400;
/// Bytes of a body.
const BODY_MIN: usize = 80;
const BODY_MAX: usize = 400;
const WORDS: &str = "the a printer screen order account password report invoice payment export page button error \
    since yesterday this morning cannot does not open close save send show answer again when click then only some \
    of our colleagues see blank slow wrong total customer number please thank you we tried another browser le la \
    une imprimante depuis hier matin ne répond plus écran commande facture merci nous avons essayé";
/// The tags of the desk.
pub(crate) const TAGS: [&str; 12] = [
    "billing",
    "printing",
    "access",
    "vpn",
    "mobile",
    "export",
    "import",
    "performance",
    "training",
    "hardware",
    "licence",
    "réseau",
];

/// A body as it is stored.
pub(crate) struct Body {
    pub(crate) markdown: String,
    pub(crate) html: String,
    pub(crate) excerpt: String,
}

pub(crate) fn bodies() -> Vec<Body> {
    let mut random = Random::new(1);
    (0..BODIES).map(|_| body(&mut random)).collect()
}

fn body(random: &mut Random) -> Body {
    let length = BODY_MIN + random.below(BODY_MAX - BODY_MIN);
    let mut markdown = String::from("Hello,\n\n");
    markdown.push_str(&words(random, length));
    if random.chance(20) {
        markdown.push_str("\n\n- one **more** thing");
    }
    Body {
        html: markdown::to_html(&markdown),
        excerpt: markdown::excerpt(&markdown),
        markdown,
    }
}

/// Words of about `length` bytes together.
pub(crate) fn words(random: &mut Random, length: usize) -> String {
    let all: Vec<_> = WORDS.split_whitespace().collect();
    let mut text = String::new();
    while text.len() < length {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(all[random.below(all.len())]);
    }
    text
}
