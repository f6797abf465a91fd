//! Words that say nothing of what a text is about, without accents; question words and greetings among them. Negations
//! and words of place and time are none: "not arrived" and "still pending" tell one question from another.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use crate::text::fold;

const FRENCH: &str = "
a ai aie aient aies ait alors apres as au aucun aucune aujourdhui auquel aura aurai auraient aurais aurait auras aurez auriez aurons auront
aussi autre autres aux auxquelles auxquels avaient avais avait avant avec avez aviez avions avoir avons ayant ayez ayons
bien bonjour bonsoir c ca car ce ceci cela celle celles celui ces cet cette ceux chaque chez ci combien comme comment cordialement
d dans de deja depuis des desquelles desquels dois doit doivent donc dont du duquel elle elles en encore entre es est et etaient etais etait etant
etc ete etes etiez etions etre eu eue eues eurent eus eut eux faire fais faisait fait faites faut fois font furent fus fut
hui ici il ils j je jusqu jusque l la laquelle le lequel les lesquelles lesquels leur leurs lors lorsque lui
m ma mais me meme memes merci mes mien mienne miens moi moins mon n ne ni nos notre nous on ont or ou par parce pendant peu peut peuvent peux
plus plutot pour pourquoi pourrais pourrait pouvez puis puisque qu quand que quel quelle quelles quels quelque quelques qui quoi
s sa salut sans se sera serai seraient serais serait seras serez seriez serons seront ses seulement si sien sienne siens
soi soient sois soit sommes son sont sous suis sur svp t ta tandis te tel telle telles tels tes toi ton toujours tous tout toute toutes tres tu
un une va vais vas veut veux voici voila voit vont vos votre voudrais vous vu y
";

const ENGLISH: &str = "
a all also am an and anybody anything are arent as at be because been being but by can could couldnt did do does doing
during each every for from further had hadnt has have having he hello help her here heres hers herself hey hi him
himself his how hows i id if ill im in into is it itd its itself ive just kindly let lets may maybe me might most much
must myself of on once one only or our ours ourselves own please regards shall she should shouldnt so some something
such than thank thanks that thats the their theirs them themselves then there theres these they theyre this those
though through to us very was we were werent what whats wheres while whom whos whose will with would wouldnt you your
youre yours yourself yourselves youve
";

/// In which languages a word says nothing.
#[derive(Clone, Copy, Default)]
pub(super) struct Languages {
    pub(super) is_french: bool,
    pub(super) is_english: bool,
}

static WORDS: LazyLock<HashMap<&'static str, Languages>> = LazyLock::new(|| {
    let mut words = HashMap::<_, Languages>::new();
    for word in FRENCH.split_whitespace() {
        words.entry(word).or_default().is_french = true;
    }
    for word in ENGLISH.split_whitespace() {
        words.entry(word).or_default().is_english = true;
    }
    words
});

/// Of a word in lower case, with or without accents.
pub(super) fn languages_of(lower: &str) -> Languages {
    let folded = if lower.is_ascii() {
        Cow::Borrowed(lower)
    } else {
        Cow::Owned(fold(lower))
    };
    WORDS.get(folded.as_ref()).copied().unwrap_or_default()
}
