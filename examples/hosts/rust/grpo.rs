// SPDX-License-Identifier: MIT
// I have a trainer in Rust, and want GRPO. bindgen makes rlhf.rs from rlhf/c/rlhf.h.
use crate::rlhf::*;
use std::{ffi::CStr, mem::size_of, os::raw::c_void, ptr};

/// Answers to prompts: `group_size` consecutive answers per prompt.
pub struct Rollout {
    pub group_size: usize,
    pub tokens: Vec<i32>,        // [B, T]
    pub is_answer: Vec<u8>,      // [B, T]
    pub old_log_probs: Vec<f32>, // [B, T] log π_old of the model that answered
    pub rewards: Vec<f32>,       // [B]
}

/// A struct of the library that begins with its size. Members that are not named are absent.
macro_rules! sized {
    ($name:ident { $($field:ident: $value:expr,)* }) => {
        $name { size: size_of::<$name>() as _, $($field: $value,)* ..Default::default() }
    };
}

fn read<E>(data: &[E], dtype: u32) -> rlhf_in {
    rlhf_in {
        data: data.as_ptr() as *const c_void,
        dtype: dtype as i64,
        dims: 1,
        shape: [data.len() as i64, 0],
        strides: [1, 0],
    }
}
fn read_per_sequence(data: &[f32]) -> rlhf_in {
    rlhf_in { dims: 2, shape: [data.len() as i64, 1], strides: [1, 0], ..read(data, RLHF_FLOAT32) }
}
fn write(data: &mut [f32]) -> rlhf_out {
    let rlhf_in { dims, shape, strides, dtype, .. } = read(data, RLHF_FLOAT32);
    rlhf_out { data: data.as_mut_ptr() as *mut c_void, dtype, dims, shape, strides }
}

/// Turns logits [B, T, V] into the gradient of the loss, in place, or returns the sentence of the error.
pub fn grpo(r: &Rollout, logits: &mut [f32]) -> Result<rlhf_ppo_loss_result, String> {
    let (n, sequences) = (r.tokens.len(), r.rewards.len());
    assert!([r.is_answer.len(), r.old_log_probs.len()] == [n, n] && n > 0 && n % sequences == 0);
    let (mut advantages, mut log_probs, mut d_log_probs) = (vec![0.0; sequences], vec![0.0; n], vec![0.0; n]);
    let mut error = rlhf_error { text: [0; 400] };

    let groups = sized!(rlhf_groups {
        group_size: r.group_size as i64,
    });
    let of_group = sized!(rlhf_group_advantages_arrays {
        rewards: read(&r.rewards, RLHF_FLOAT32),
        advantages: write(&mut advantages),
    });
    let batch = sized!(rlhf_batch {
        sequences: sequences as i64,
        steps: (n / sequences) as i64,
        predict_next: RLHF_PREDICT_NEXT as i64,
        mask: read(&r.is_answer, RLHF_UINT8),
        denominator: RLHF_COUNTED_HERE as i64,
    });
    let z = rlhf_logits {
        data: logits.as_ptr() as *const c_void,
        dtype: RLHF_FLOAT32 as i64,
        sequences: batch.sequences,
        steps: batch.steps,
        vocab: (logits.len() / n) as i64,
        ..Default::default()
    };
    let d_z = rlhf_logits_gradient {
        data: logits.as_mut_ptr() as *mut c_void,
        dtype: z.dtype,
        sequences: z.sequences,
        steps: z.steps,
        vocab: z.vocab,
        ..Default::default()
    };
    let targets = read(&r.tokens, RLHF_INT32);
    let mut result = sized!(rlhf_ppo_loss_result {});
    unsafe {
        let mut status =
            rlhf_group_advantages(&groups, &of_group, ptr::null(), ptr::null(), ptr::null(), ptr::null_mut(), &mut error);
        if status == RLHF_OK as rlhf_status {
            let arrays = sized!(rlhf_ppo_loss_arrays {
                old_log_probs: read(&r.old_log_probs, RLHF_FLOAT32),
                advantages: read_per_sequence(&advantages),
                log_probs: write(&mut log_probs),
                d_log_probs: write(&mut d_log_probs),
            });
            status = rlhf_ppo_loss(&batch, &z, &targets, &arrays, &d_z, ptr::null(), ptr::null(), &mut result, &mut error);
        }
        if status == RLHF_OK as rlhf_status {
            Ok(result)
        } else {
            Err(CStr::from_ptr(error.text.as_ptr()).to_string_lossy().into_owned())
        }
    }
}
