// SPDX-License-Identifier: Apache-2.0

//! The text: what a small grammar makes by chance, the same bytes everywhere and for good, so that figures move with the code
//! alone.
//!
//! Words are made of syllables, and frequent as Zipf's law has it. Each has some that like to follow it; else the next is drawn
//! from those of the document's topic. So a model finds something to learn at every length, and something that it cannot.

use std::num::NonZeroU64;

use mechanisms::numpy::Generator;

const BYTES: usize = 1 << 21;
/// Words of one octave are together as frequent as those of another, and each has twice as many as the one before.
const OCTAVES: usize = 11;
const WORDS: usize = (1 << OCTAVES) - 1;
/// Words that are as frequent under every topic.
const COMMON: usize = 31;
const TOPICS: usize = 16;
/// Words that like to follow a word.
const FOLLOWERS: usize = 4;
/// Part of the words that follow whom they like to, of ten.
const FOLLOWING: usize = 6;

const ONSETS: [&str; 16] = ["", "b", "br", "c", "d", "f", "g", "gl", "h", "l", "m", "n", "p", "r", "st", "t"];
const NUCLEI: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ea", "oo"];
const CODAS: [&str; 8] = ["", "", "", "l", "n", "nd", "r", "s"];

/// Whole numbers by chance; no fraction is rounded anywhere, which machines do differently.
struct Chance(Generator);

/// Words and whom they like to be followed by.
struct Language {
	words: Vec<String>,
	followers: Vec<[usize; FOLLOWERS]>,
}

/// Pages of so many bytes, in an order of chance.
pub fn pages(bytes: usize) -> Vec<Vec<u32>> {
	let mut chance = Chance(Generator::new(1));
	let language = Language::new(&mut chance);
	let mut text = String::new();
	while text.len() < BYTES {
		language.document(&mut chance, &mut text);
		text.push('\0'); // Ends a document.
	}
	let text = &text.as_bytes()[..BYTES];
	let pages: Vec<Vec<u32>> =
		text.chunks_exact(bytes).map(|page| page.iter().copied().map(u32::from).collect()).collect();
	let order = chance.0.choice(pages.len(), pages.len()).expect("as many as there are");
	order.into_iter().map(|page| pages[page].clone()).collect()
}

impl Chance {
	fn below(&mut self, bound: usize) -> usize {
		NonZeroU64::new(bound as u64).map_or(0, |bound| self.0.integers(bound) as usize)
	}

	/// The place of a word among all.
	fn place(&mut self) -> usize {
		let octave = 1 << self.below(OCTAVES);
		octave - 1 + self.below(octave)
	}

	fn of<'a>(&mut self, parts: &[&'a str]) -> &'a str {
		parts[self.below(parts.len())]
	}

	fn word(&mut self) -> String {
		let syllables = 1 + self.below(3);
		(0..syllables).map(|_| [self.of(&ONSETS), self.of(&NUCLEI), self.of(&CODAS)].concat()).collect()
	}
}

impl Language {
	fn new(chance: &mut Chance) -> Self {
		let words = (0..WORDS).map(|_| chance.word()).collect();
		let followers = (0..WORDS).map(|_| [(); FOLLOWERS].map(|()| chance.place())).collect();
		Self { words, followers }
	}

	/// Some paragraphs about a topic.
	fn document(&self, chance: &mut Chance, text: &mut String) {
		let topic = chance.below(TOPICS);
		for _ in 0..2 + chance.below(6) {
			for _ in 0..2 + chance.below(4) {
				self.sentence(topic, chance, text);
			}
			text.push('\n');
		}
	}

	fn sentence(&self, topic: usize, chance: &mut Chance, text: &mut String) {
		let mut word = self.next(None, topic, chance);
		for place in 0..4 + chance.below(12) {
			match place {
				0 => text.extend(self.words[word].chars().take(1).map(|letter| letter.to_ascii_uppercase())),
				_ => text.push_str(if chance.below(10) == 0 { ", " } else { " " }),
			}
			text.push_str(&self.words[word][usize::from(place == 0)..]);
			word = self.next(Some(word), topic, chance);
		}
		text.push_str(". ");
	}

	fn next(&self, word: Option<usize>, topic: usize, chance: &mut Chance) -> usize {
		match word {
			Some(word) if chance.below(10) < FOLLOWING => self.followers[word][chance.below(FOLLOWERS)],
			_ => match chance.place() {
				place if place < COMMON => place,
				place => COMMON + (place + topic * (WORDS / TOPICS)) % (WORDS - COMMON),
			},
		}
	}
}
