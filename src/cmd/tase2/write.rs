//! `ied tase2 write`.

use crate::failure::Failure;
use crate::iccp::{CenterArguments, failed};
use crate::output::{self, message};
use std::io::Write;
use tase2::Name;
use tase2::config::{parse_quality, parse_value};

/// Give a point a value (Set Data Value)
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    center: CenterArguments,

    /// The point
    #[arg(value_name = "NAME")]
    name: Name,

    /// A number, or BETWEEN, OFF, ON, INVALID
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: String,

    /// Its quality as words, for example "SUSPECT ENTERED"; VALID and TELEMETERED if nothing else is said
    #[arg(long, value_name = "WORDS")]
    quality: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let quality = arguments.quality.as_deref().map(parse_quality).transpose();
    let quality = quality.map_err(Failure::usage)?;
    arguments.center.run(async |client| {
        let name = &arguments.name;
        let ty = client.point_type(name).await.map_err(failed)?;
        let mut value = parse_value(ty, &arguments.value).map_err(Failure::usage)?;
        if let Some(quality) = quality {
            value = value.with_quality(quality);
        }
        client.write(name, &value).await.map_err(failed)?;
        let read = client.read(name).await;
        let mut out = output::stdout();
        match read {
            Ok(value) => writeln!(out, "{name} = {value}")?,
            Err(error) => message(format_args!("written; it cannot be read: {error}")),
        }
        Ok(out.flush()?)
    })
}
