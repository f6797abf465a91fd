//! Words that say nothing of what a text is about, without accents; question words and greetings among them.

use std::{collections::HashSet, sync::LazyLock};

use entity::user::Locale;

const FRENCH: &str = "
a ai aie aient aies ait alors apres as au aucun aucune aujourdhui auquel aura aurai auraient aurais aurait auras aurez auriez aurons auront
aussi autre autres aux auxquelles auxquels avaient avais avait avant avec avez aviez avions avoir avons ayant ayez ayons
bien bonjour bonsoir c ca car ce ceci cela celle celles celui ces cet cette ceux chaque chez ci combien comme comment cordialement
d dans de deja depuis des desquelles desquels dois doit doivent donc dont du duquel elle elles en encore entre es est et etaient etais etait etant
etc ete etes etiez etions etre eu eue eues eurent eus eut eux faire fais faisait fait faites faut fois font furent fus fut
hui ici il ils j je jusqu jusque l la laquelle le lequel les lesquelles lesquels leur leurs lors lorsque lui
m ma mais me meme memes merci mes mien mienne miens moi moins mon n ne ni nos notre nous on ont or ou par parce pas pendant peu peut peuvent peux
plus plutot pour pourquoi pourrais pourrait pouvez puis puisque qu quand que quel quelle quelles quels quelque quelques qui quoi
s sa salut sans se sera serai seraient serais serait seras serez seriez serons seront ses seulement si sien sienne siens
soi soient sois soit sommes son sont sous suis sur svp t ta tandis te tel telle telles tels tes toi ton toujours tous tout toute toutes tres tu
un une va vais vas veut veux voici voila voit vont vos votre voudrais vous vu y
";

const ENGLISH: &str = "
a about after again all also am an and any anybody anyone anything are arent as at be because been before being but by
can cannot cant could couldnt did didnt do does doesnt doing dont during each every for from further
get getting got had hadnt has hasnt have havent having he hello help her here heres hers herself hey hi him himself his how hows
i id if ill im in into is isnt it itd its itself ive just kindly let lets may maybe me might more most much must my myself
of off on once one only or other our ours ourselves out over own please regards same shall she should shouldnt so some something such
than thank thanks that thats the their theirs them themselves then there theres these they theyre this those though through to too
up us very was wasnt we were werent what whats when where wheres which while who whom whos whose why will with wont would wouldnt
you your youre yours yourself yourselves youve
";

static FRENCH_WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| FRENCH.split_whitespace().collect());
static ENGLISH_WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| ENGLISH.split_whitespace().collect());

pub(super) fn words(language: Locale) -> &'static HashSet<&'static str> {
    match language {
        Locale::Fr => &FRENCH_WORDS,
        Locale::En => &ENGLISH_WORDS,
    }
}
