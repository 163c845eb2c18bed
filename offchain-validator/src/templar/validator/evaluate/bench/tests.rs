// SPDX-License-Identifier: Apache-2.0

//! What a miner is held to be worth must not hang on how that was computed.

use std::num::{NonZeroU64, NonZeroUsize};
use std::sync::atomic::{AtomicUsize, Ordering};

use mechanisms::numpy::Generator;
use mechanisms::ranking::kendall_tau;
use tempfile::TempDir;

use super::super::measure::read;
use super::super::pages::Sampler;
use super::*;
use crate::data::{cut, CutOptions, Dataset};
use crate::gradient::{Codec, Header, Momentum};
use crate::hparams::{self, Hparams as _};
use crate::model::{self, gradients, Compute, Gradients, Optimizer, Params, Precision, Processor, Rule};
use crate::shared_model::Text;
use crate::templar::engine::layouts;
use crate::templar::Hparams;

/// What batches of another shape change a score by in `f32` is less: twice what they change a loss by, at most.
const F32_BOUND: f64 = 2e-5;
/// What 16 bits change one of this model by is less.
const BF16_BOUND: f64 = 5e-4;
const MINERS: u32 = 8;
const WINDOW: Window = 3;

/// A model in the middle of its training, and what miners send of its true gradient: the last one all of it; of the others'
/// elements some have the wrong sign, the more the lower their uid, in equal steps.
struct Scene {
	folder: TempDir,
	hparams: Arc<Hparams>,
	dataset: Arc<Dataset>,
	gradients: Vec<CompressedGradient>,
}

impl Scene {
	fn new(sampling: Sampling) -> Self {
		let mut hparams = Hparams::read(&hparams::tests::file("hparams/short.json")).unwrap();
		hparams.evaluation.sampling = sampling;
		hparams.data.pages_per_window = 4; // Enough text that miners are in the order of their quality, about.
		let folder = tempfile::tempdir().unwrap();
		let file = folder.path().join("text.txt");
		std::fs::write(&file, text(400 * hparams.data.page_tokens)).unwrap();
		let page_tokens = hparams.data.page_tokens.try_into().unwrap();
		let options = CutOptions { page_tokens, heldout_every: 10, ..CutOptions::default() };
		cut(&[file], &folder.path().join("corpus"), &options, |_, _| {}).unwrap();
		let dataset = Arc::new(Dataset::open(&folder.path().join("corpus")).unwrap());
		let (params, gradient) = trained(&hparams, &dataset);
		params.save(&folder.path().join("model.safetensors")).unwrap();
		let sent = |uid| sent(&hparams, &params, &gradient, uid);
		let gradients = (1..=MINERS).map(sent).collect();
		Self { folder, hparams: Arc::new(hparams), dataset, gradients }
	}

	/// What comes of measuring the first miners on such devices, of which one may have another model.
	async fn measured(&self, compute: &Compute, miners: usize, odd: Option<usize>) -> Evaluated {
		let (hparams, dataset) = (self.hparams.clone(), self.dataset.clone());
		let (file, started) = (self.folder.path().join("model.safetensors"), Arc::new(AtomicUsize::new(0)));
		let open = move |lane| {
			let (mut hparams, mut file) = (hparams.clone(), Some(file.clone()));
			if Some(started.fetch_add(1, Ordering::Relaxed)) == odd {
				Arc::make_mut(&mut hparams).model.hidden_size *= 2;
				file = None;
			}
			Engine::open(hparams, dataset.clone(), file, lane)
		};
		let devices = Devices::start(compute, open).await.unwrap();
		let (data, model) = (self.hparams.data.clone(), self.hparams.model.clone());
		let text = Text::new(self.dataset.clone(), data, model).unwrap();
		let n_pages = self.dataset.n_train_pages();
		let sampler = Arc::new(Sampler { hparams: self.hparams.clone(), text, n_pages, window: WINDOW, hash: [7; 32] });
		let shared = read(&devices, &sampler, 0..sampler.first_sequences()).await.unwrap().unwrap();
		let bench = Bench {
			pass_tokens: compute.lanes().next().unwrap().pass_tokens,
			layouts: Arc::new(layouts(&self.hparams).unwrap()),
			budget: Budget::new(Box::new(|| Some(1)), u32::MAX, devices.count()),
			// So small that no step goes too far: then the true gradient's is the best.
			learning_rate: self.hparams.training.learning_rate / 4.0,
			window: WINDOW,
			baseline: Arc::new(Baseline { sampler, shared }),
			limits: Arc::default(),
			devices,
		};
		bench.measure(self.gradients[..miners].to_vec()).await.unwrap()
	}
}

/// Words by chance, each with some that follow it; the same in every run, as scores are.
fn text(bytes: usize) -> String {
	let mut random = Generator::new(1);
	let mut below = |bound| random.integers(NonZeroU64::new(bound).unwrap());
	let mut word = || (0..2 + below(5)).map(|_| char::from(b'a' + below(26) as u8)).collect::<String>();
	let words: Vec<String> = (0..64).map(|_| word()).collect();
	let (mut text, mut place) = (String::new(), 0);
	while text.len() < bytes {
		text.push_str(&words[place]);
		text.push(if below(8) == 0 { '\n' } else { ' ' });
		place = (3 * place + below(4) as usize) % words.len();
	}
	text
}

/// Parameters after some steps, and the gradient of the loss on other pages.
fn trained(hparams: &Hparams, dataset: &Arc<Dataset>) -> (Params, Gradients) {
	let (data, config) = (&hparams.data, &hparams.model);
	let text = Text::new(dataset.clone(), data.clone(), config.clone()).unwrap();
	let batches = |pages: std::ops::Range<u64>| -> Vec<model::Batch> {
		text.all_readable(&text.batches(&pages.collect::<Vec<_>>()).unwrap()).unwrap()
	};
	let mut params = Params::init(config, hparams.training.init_seed).unwrap();
	let mut adam = Optimizer::new(Rule::adam());
	for batch in batches(0..100) {
		let gradients = gradients(&params, &[batch]);
		adam.step(&mut params, &gradients, 3e-3);
	}
	let gradient = gradients(&params, &batches(100..164));
	(params, gradient)
}

/// What the miner of `uid` sends.
fn sent(hparams: &Hparams, params: &Params, gradient: &Gradients, uid: u32) -> CompressedGradient {
	let whole = hparams.model.parameter_shapes();
	let whole: Vec<Vec<usize>> = whole.iter().map(|(_, shape)| (0..shape.iter().product()).collect()).collect();
	let (elements, mut random) = (gradient.at(&whole), Generator::new(uid));
	let mut stepped = params.copy();
	let wrong = u64::MAX / u64::from(2 * MINERS) * u64::from(MINERS - uid);
	let step = |number: usize, values: &mut [f32]| -> Result<(), std::convert::Infallible> {
		for (value, element) in values.iter_mut().zip(&elements[number]) {
			*value -= if random.next_u64() < wrong { -element } else { *element };
		}
		Ok(())
	};
	stepped.alter(step).unwrap();
	let mut momentum = Momentum::new(0.0);
	momentum.accumulate(&Gradients::between(params, &stepped), 1.0);
	let layouts = layouts(hparams).unwrap();
	let tensors = momentum.compress(&Codec::new(layouts.clone())).unwrap();
	let header = Header { window: WINDOW, uid: uid as Uid, ..Header::default() };
	CompressedGradient::new(header, tensors, &layouts).unwrap()
}

fn compute(devices: usize, pass_tokens: usize) -> Compute {
	let processors = vec![Processor::Cpu; devices];
	Compute { processors, pass_tokens: NonZeroUsize::new(pass_tokens), ..Compute::cpu(NonZeroUsize::MIN) }
}

/// By uid.
fn scores(evaluated: &Evaluated) -> Vec<f64> {
	let score = |verdict: &Verdict| match verdict {
		Verdict::Scored(scores) => scores.gradient_score.into(),
		other => panic!("{other:?}"),
	};
	evaluated.verdicts.values().map(score).collect()
}

#[tokio::test]
async fn the_order_of_miners_hangs_neither_on_passes_nor_on_devices_nor_on_precision() {
	let scene = Scene::new(Sampling::Shared);
	let all = MINERS as usize;
	let expected = scene.measured(&compute(1, 1), all, None).await;
	let exact = scores(&expected);
	let quality: Vec<f64> = (1..=MINERS).map(f64::from).collect();
	assert!(kendall_tau(&exact, &quality) > Some(0.8), "the less noise the better: {exact:?}");
	for compute in [compute(1, 5 * 32), compute(1, 1 << 20), compute(3, 5 * 32)] {
		let evaluated = scene.measured(&compute, all, None).await;
		for (found, exact) in scores(&evaluated).iter().zip(&exact) {
			assert!((found - exact).abs() < F32_BOUND, "{found} {exact} with {compute:?}");
		}
		assert_eq!(evaluated.ranking.order, expected.ranking.order, "with {compute:?}");
	}
	let compute = Compute { precision: Precision::Bf16, ..compute(1, 1 << 20) };
	let rounded = scores(&scene.measured(&compute, all, None).await);
	assert!(rounded != exact, "nothing was rounded");
	for (rounded, exact) in rounded.iter().zip(&exact) {
		assert!((rounded - exact).abs() < BF16_BOUND, "{rounded} {exact}");
	}
	let pairs = || (0..all).flat_map(|one| (0..one).map(move |other| (one, other)));
	let told_apart = || pairs().filter(|(one, other)| (exact[*one] - exact[*other]).abs() > BF16_BOUND);
	assert!(told_apart().count() > pairs().count() / 2, "too alike to say anything: {exact:?}");
	for (one, other) in told_apart() {
		let tau = kendall_tau(&[rounded[one], rounded[other]], &[exact[one], exact[other]]);
		assert_eq!(tau, Some(1.0), "{rounded:?} {exact:?}");
	}
}

/// With one sequence in a pass, whichever device it goes through, all is the same to the last bit; further rounds of the
/// sequential rule included.
#[tokio::test]
async fn several_devices_find_what_one_finds() {
	let rule = mechanisms::ranking::Sequential { confidence: 0.9, indifference: 0.0, depth: 2 };
	let scene = Scene::new(Sampling::Sequential(rule));
	let alone = scene.measured(&compute(1, 1), MINERS as usize, None).await;
	let shared = scene.measured(&compute(3, 1), MINERS as usize, None).await;
	assert_eq!((alone.verdicts.len(), alone.left_out.len()), (MINERS as usize, 0));
	assert_eq!((shared.verdicts, shared.ranking), (alone.verdicts, alone.ranking));
}

#[tokio::test]
async fn a_device_that_fails_costs_nobody_but_the_miner_that_it_had() {
	let scene = Scene::new(Sampling::Shared);
	let alone = scene.measured(&compute(1, 1), 3, None).await;
	// The last device has a model that no submission fits. Each device takes one miner.
	let beside = scene.measured(&compute(3, 1), 3, Some(2)).await;
	let is_unjudged = |verdict: &&Verdict| **verdict == Verdict::Unjudged;
	assert_eq!(beside.verdicts.values().filter(is_unjudged).count(), 1, "{:?}", beside.verdicts);
	assert_eq!(beside.ranking.order.len(), 2);
	for (uid, verdict) in beside.verdicts.iter().filter(|(_, verdict)| !is_unjudged(verdict)) {
		assert_eq!(verdict, &alone.verdicts[uid], "uid {uid}");
	}
}
