//! Programs (block 6): SOUTH lets NORTH calculate a load flow.
//!
//! `cargo run --example tase2_programs`
#![forbid(unsafe_code)]

#[path = "tase2/pair.rs"]
mod pair;

use pair::{Lines, Pair};
use tase2::bilateral::{Rights, Rule};
use tase2::model::{Model, Program};
use tase2::program::{ProgramAction, ProgramArgument, ProgramRefusal, ProgramState};

pub(crate) async fn run() -> Lines {
    let mut model = Model::new();
    model.add_program(Program::new("LOAD_FLOW"))?;
    let pair = Pair::start(model, |south| {
        south.rules = vec![Rule::new("LOAD_FLOW", Rights::EXECUTE)];
    })
    .await?;
    // The application says what a program does; it may take its time, or wait for something.
    pair.north
        .on_program_async("LOAD_FLOW", |request| async move {
            match request.action {
                ProgramAction::Start(Some(ProgramArgument::Text(case)))
                    if case.starts_with("case") =>
                {
                    Ok(())
                }
                ProgramAction::Start(_) => Err(ProgramRefusal::new("which case?")),
                _ => Ok(()),
            }
        });
    let client = &pair.client;
    let mut lines = vec![format!("programs: {}", client.programs().await?.join(", "))];
    if let Err(error) = client.start_program("LOAD_FLOW", None).await {
        lines.push(format!("not started: {error}"));
    }
    client.start_program("LOAD_FLOW", Some("case 7")).await?;
    let program = client.program("LOAD_FLOW").await?;
    let argument = program.start_argument.unwrap_or_default();
    lines.push(format!("{} with {argument:?}", program.state));
    client.stop_program("LOAD_FLOW").await?;
    client.resume_program("LOAD_FLOW", None).await?;
    // It ends by itself.
    pair.north
        .set_program_state("LOAD_FLOW", ProgramState::Idle);
    lines.push(format!("{}", client.program("LOAD_FLOW").await?.state));
    if let Err(error) = client.stop_program("LOAD_FLOW").await {
        lines.push(format!("not stopped: {error}"));
    }
    pair.stop().await;
    Ok(lines)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    for line in run().await? {
        println!("{line}");
    }
    Ok(())
}
