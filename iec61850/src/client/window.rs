//! Several requests under way at once.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

/// Runs the futures that `inputs` give, up to `width` at once, and returns their results in the
/// order of the inputs. The first error ends it.
pub(crate) async fn side_by_side<I, T, E, F>(
    width: usize,
    inputs: impl IntoIterator<Item = I>,
    mut job: impl FnMut(I) -> F,
) -> Result<Vec<T>, E>
where
    F: Future<Output = Result<T, E>>,
{
    let mut inputs = inputs.into_iter().enumerate();
    let mut running: Vec<(usize, Pin<Box<F>>)> = Vec::new();
    let mut results: Vec<(usize, T)> = Vec::new();
    loop {
        while running.len() < width.max(1)
            && let Some((place, input)) = inputs.next()
        {
            running.push((place, Box::pin(job(input))));
        }
        if running.is_empty() {
            results.sort_by_key(|(place, _)| *place);
            return Ok(results.into_iter().map(|(_, result)| result).collect());
        }
        let (place, result) = poll_fn(|cx| {
            let done = running.iter_mut().enumerate().find_map(|(at, (_, job))| {
                match job.as_mut().poll(cx) {
                    Poll::Ready(result) => Some((at, result)),
                    Poll::Pending => None,
                }
            });
            match done {
                Some((at, result)) => {
                    let (place, _) = running.swap_remove(at);
                    Poll::Ready((place, result))
                }
                None => Poll::Pending,
            }
        })
        .await;
        results.push((place, result?));
    }
}
