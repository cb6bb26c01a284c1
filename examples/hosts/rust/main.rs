// SPDX-License-Identifier: MIT
// GRPO in Rust, of a table with the logits of the letter after each letter. It continues sentences, and its reward is
// the share of vowels. grpo.rs has the lines that users of Rust write. The program checks that gradients of the table
// agree with central differences of the loss, that rewards rise, and that a bad argument is reported as a sentence.
mod grpo;
#[allow(dead_code, non_camel_case_types, non_snake_case, non_upper_case_globals)]
mod rlhf {
    include!(env!("RLHF_BINDINGS"));
}
use grpo::{grpo, Rollout};

const LETTERS: usize = 27; // a to z, and 0 for all other characters
const SEQUENCES: usize = 32;
const GROUP: usize = 8;
const STEPS: usize = 16;
const PROMPT: usize = 6;

struct Random(u64);
impl Random {
    /// A random number in [0, 1), by SplitMix64.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E3779B97F4A7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn sentences() -> Vec<i32> {
    let file = env!("RLHF_HOSTS_FILE");
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| {
        eprintln!("{file}: {error}");
        std::process::exit(1)
    });
    let long = text.lines().filter_map(|line| line.split('\t').nth(1)).filter(|line| line.len() >= STEPS);
    long.take(SEQUENCES)
        .flat_map(|line| line.bytes().take(STEPS).map(|c| if c.is_ascii_lowercase() { (c - b'a') as i32 + 1 } else { 0 }))
        .collect()
}

fn logits(table: &[f32], tokens: &[i32]) -> Vec<f32> {
    tokens.iter().flat_map(|&t| table[t as usize * LETTERS..][..LETTERS].iter().copied()).collect()
}

/// Draws the letters after each prompt. The reward is the share of vowels.
fn answer(table: &[f32], text: &[i32], random: &mut Random) -> Rollout {
    let mut r = Rollout {
        group_size: GROUP,
        tokens: text.to_vec(),
        is_answer: vec![0; SEQUENCES * STEPS],
        old_log_probs: vec![0.0; SEQUENCES * STEPS],
        rewards: vec![0.0; SEQUENCES],
    };
    for i in (0..SEQUENCES * STEPS).filter(|i| i % STEPS >= PROMPT) {
        let z = &table[r.tokens[i - 1] as usize * LETTERS..][..LETTERS];
        let sum: f64 = z.iter().map(|&x| (x as f64).exp()).sum();
        let (mut v, mut left) = (0, random.uniform() * sum);
        while v + 1 < LETTERS && left >= (z[v] as f64).exp() {
            left -= (z[v] as f64).exp();
            v += 1;
        }
        r.tokens[i] = v as i32;
        r.is_answer[i] = 1;
        r.old_log_probs[i - 1] = (z[v] as f64 - sum.ln()) as f32;
        r.rewards[i / STEPS] += b"aeiou".contains(&(b'a' + v as u8 - 1)) as u8 as f32 / (STEPS - PROMPT) as f32;
    }
    r
}

/// The loss, and its gradient with respect to the table.
fn gradient(r: &Rollout, table: &[f32]) -> (f64, Vec<f32>) {
    let mut z = logits(table, &r.tokens);
    let result = grpo(r, &mut z).unwrap();
    let mut d = vec![0.0; table.len()];
    for (token, row) in r.tokens.iter().zip(z.chunks(LETTERS)) {
        row.iter().enumerate().for_each(|(v, x)| d[*token as usize * LETTERS + v] += x);
    }
    (result.loss, d)
}

/// The largest difference between the gradient and central differences, and the largest slope.
fn worst_difference(r: &Rollout, table: &[f32]) -> (f64, f64) {
    let (_, d) = gradient(r, table);
    let (mut worst, mut largest) = (0f64, 0f64);
    for i in (0..table.len()).step_by(5) {
        let difference = |by: f32| {
            let at = |x: f32| {
                let mut moved = table.to_vec();
                moved[i] = x;
                gradient(r, &moved).0
            };
            (at(table[i] + by) - at(table[i] - by)) / (2.0 * by as f64)
        };
        let slope = (4.0 * difference(1.0 / 64.0) - difference(1.0 / 32.0)) / 3.0; // cancels the term of h²
        worst = worst.max((slope - d[i] as f64).abs());
        largest = largest.max(slope.abs());
    }
    (worst, largest)
}

fn main() {
    let (text, mut random, mut table) = (sentences(), Random(1), vec![0f32; LETTERS * LETTERS]);
    let (mut first, mut last) = (0.0, 0.0);
    for step in 0..40 {
        let prompts: Vec<i32> = (0..SEQUENCES)
            .flat_map(|s| text[(step + s / GROUP) % SEQUENCES * STEPS..][..STEPS].to_vec())
            .collect();
        let r = answer(&table, &prompts, &mut random);
        last = r.rewards.iter().sum::<f32>() as f64 / SEQUENCES as f64;
        if step == 0 {
            first = last;
            let (worst, largest) = worst_difference(&r, &table);
            println!("gradients: largest {largest:.3}, off central differences by at most {worst:.1e}");
            // A loss in float has an error of some 2⁻²⁴, which differences divide by 1/64.
            assert!(worst < 1.0 / 65536.0 && largest > 1e-3);
        }
        let (_, d) = gradient(&r, &table);
        table.iter_mut().zip(d).for_each(|(w, d)| *w -= 100.0 * d);
    }
    println!("vowels: {first:.2} at first, {last:.2} at last");
    assert!(last > first + 0.2);

    let mut r = answer(&table, &text, &mut random);
    r.group_size = 7;
    let sentence = grpo(&r, &mut logits(&table, &text)).err().expect("groups of 7 among 32 answers fail");
    println!("{sentence}");
    assert_eq!(sentence, "rlhf::group_advantages: 32 sequences are not a multiple of the group size 7");
}
