use crate::failure::Failure;
use crate::model_file::ModelFileArguments;

/// Serve the IED of an SCL or .cfg file
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    file: ModelFileArguments,
}

pub(crate) fn run(arguments: &Arguments, verbose: bool) -> Result<(), Failure> {
    arguments.file.load(verbose)?;
    Ok(())
}
