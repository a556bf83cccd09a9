//! Sets of bits as words with commas, as configuration files, command lines and messages have them.

use bitflags::Flags;
use std::fmt;

/// What is to be read and shown: each bit with its word.
pub(crate) type Words<F> = [(F, &'static str)];

/// Shows the words of the bits that are set.
pub(crate) fn show<F: Flags + Copy>(
    f: &mut fmt::Formatter<'_>,
    flags: F,
    words: &Words<F>,
) -> fmt::Result {
    let set = words.iter().filter(|(bit, _)| flags.contains(*bit));
    let mut between = "";
    for (_, word) in set {
        write!(f, "{between}{word}")?;
        between = ",";
    }
    Ok(())
}

/// The bit of one word; the error says that it is no `what`, and which there are.
pub(crate) fn bit<F: Flags + Copy>(word: &str, what: &str, words: &Words<F>) -> Result<F, String> {
    let found = words.iter().find(|(_, known)| *known == word);
    found.map(|(bit, _)| *bit).ok_or_else(|| {
        let known: Vec<_> = words.iter().map(|(_, word)| *word).collect();
        format!("`{word}` is no {what}; these are {}", known.join(", "))
    })
}

/// The bits of words with commas.
pub(crate) fn read<F: Flags + Copy>(text: &str, what: &str, words: &Words<F>) -> Result<F, String> {
    text.split(',').try_fold(F::empty(), |all, word| {
        Ok(all.union(bit(word.trim(), what, words)?))
    })
}
