//! `random_pet`: a name of a few words. The words are our own; how they are put together is as with the provider.

use std::sync::LazyLock;

use super::{Plain, draw, id, keepers, number, object, text};
use crate::entropy::Entropy;
use crate::kind::Means;
use crate::schema::{Attr, Rule, Schema};
use crate::value::{Object, Type, Value};

/// What a name of three words and more begins with.
const ADVERBS: &str = "barely boldly bravely briefly brightly briskly busily calmly cheerily clearly coolly daily dearly \
    deeply eagerly early easily evenly fairly firmly fondly freely gently gladly greatly happily highly honestly \
    humbly jointly keenly kindly largely lately lightly loosely loudly lively mainly merely mildly mostly neatly newly \
    nicely openly partly plainly politely proudly purely quickly quietly rapidly rarely readily really rightly roughly \
    safely sharply shortly simply slowly smoothly softly solely stably steadily strongly sweetly swiftly tightly truly \
    vastly warmly wholly wildly wisely";
const ADJECTIVES: &str = "able active agile alert amber ample apt awake azure bold brave brief bright brisk busy calm \
    careful casual cheery civil clean clear clever cool cosy crisp curious daring dear deep eager early easy even exact \
    fair fast fine firm fit fluent fond frank free fresh full gentle glad golden good grand great green handy happy \
    hardy honest humble jolly keen kind large lasting light lively loyal lucky mellow merry mighty mild modest neat \
    new nice noble open patient plain polite prime proud pure quick quiet rapid rare ready regal rich ripe robust \
    round rustic safe sharp shiny silent silver simple sleek smart smooth snug soft solid stable steady still strong \
    sunny super sure sweet swift tall tender tidy true vast vivid warm whole wild willing wise witty young";
const ANIMALS: &str = "adder ant ape auk badger bat bear beaver bee beetle bison boar bobcat buck buffalo bull camel \
    cat civet cobra cod condor coral cougar cow crab crane cricket crow deer dingo dodo dog dolphin donkey dove dragon \
    duck eagle eel egret elk emu ermine falcon fawn ferret finch fish flea fly fox frog gannet gecko gibbon gnu goat \
    goose grouse gull hare hawk hen heron herring hippo hornet horse hound hyena ibex ibis iguana impala jackal jay \
    kid kite kiwi koala koi lamb lark lemur leopard lion lizard llama lobster loon lynx magpie mallard mantis marlin \
    marmot marten mink mole monkey moose moth mouse mule newt ocelot octopus orca oriole osprey otter owl ox oyster \
    panda panther parrot pelican penguin perch pheasant pig pigeon pike pony poodle puffin puma quail rabbit raccoon \
    ram raven ray robin rook salmon seal shark sheep shrew shrimp skunk sloth snail snake snipe sole sparrow spider \
    squid stag starling stork swan swift tahr tapir teal tern tiger toad trout tuna turkey turtle viper vole walrus \
    wasp weasel whale wolf wombat worm wren yak zebra";

/// More words than anybody has asked for.
const MOST: i64 = 1_000;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let attrs = vec![
        Attr::optional("length", Type::Number).replace().default(2).rule(Rule::Range(1, MOST)).doc("How many words."),
        Attr::optional("prefix", Type::String).replace().doc("What it begins with, before another separator."),
        Attr::optional("separator", Type::String).replace().default("-").doc("What stands between the words."),
        keepers("keepers"),
        id("The name."),
    ];
    Schema::new("random_pet", "random_pet", "A random name of a few words.", attrs)
});

/// The kind `random_pet`.
pub static RANDOM_PET: Plain = Plain::new(&SCHEMA, make, import);

fn make(wanted: &Object, means: &Means) -> Result<Object, String> {
    let length = number(wanted, "length").unwrap_or(2).clamp(1, MOST) as usize;
    let separator = text(wanted, "separator").unwrap_or("-");
    let prefix = text(wanted, "prefix").filter(|prefix| !prefix.is_empty());
    let words = (0..length).rev().map(|behind| word(means.entropy, behind));
    let words: Vec<&str> = prefix.into_iter().chain(words).collect();
    Ok(object([("id", Value::string(words.join(separator)))]))
}

/// A word with so many behind it: the last is an animal, and an adjective stands before that.
fn word(entropy: &dyn Entropy, behind: usize) -> &'static str {
    let list = match behind {
        0 => ANIMALS,
        1 => ADJECTIVES,
        _ => ADVERBS,
    };
    let words: Vec<&str> = list.split_whitespace().collect();
    draw::pick::<&str>(entropy, &words)
}

fn import(_: &str) -> Result<Object, String> {
    Err("a name is not imported; write the name itself where it is used".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn a_name_has_its_words() {
        for (length, prefix, separator, parts) in [(1, None, "-", 1), (3, None, "_", 3), (2, Some("web"), ".", 3)] {
            let wanted = object([
                ("length", Value::int(length)),
                ("separator", Value::string(separator)),
                ("prefix", prefix.map_or_else(Value::null, Value::string)),
            ]);
            let means = Means { entropy: &SeededEntropy::new(1), now: std::time::SystemTime::UNIX_EPOCH };
            let made = make(&wanted, &means).expect("a name");
            let name = text(&made, "id").expect("a text").to_owned();
            let words: Vec<&str> = name.split(separator).collect();
            assert_eq!(words.len(), parts, "{name}");
            assert!(ANIMALS.split_whitespace().any(|animal| animal == words[parts - 1]), "{name}");
            assert!(prefix.is_none_or(|prefix| prefix == words[0]), "{name}");
        }
    }
}
