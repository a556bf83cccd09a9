//! Rows on bilateral tables, and on security.

use super::context::{Ctx, Outcome, ensure, fail, not_offered};
use super::reference::Reference;
use crate::Name;
use crate::client::Client;
use mms::DataAccessError as E;
use mms::pdu::ObjectScope;

fn error<T>(result: Result<T, crate::Error>) -> Option<E> {
    result.err().and_then(|error| error.access_error())
}

pub(super) async fn hidden_or_denied(ctx: &Ctx) -> Outcome {
    ctx.own("what a foreign control centre hides cannot be asked for by name")?;
    let client = ctx.client().await?;
    let value = crate::types::PointValue::real(1.0);
    // Hidden is like absent, for every operation.
    for hidden in ["SECRET", "NO_SUCH_NAME"].map(Name::vcc) {
        let set = ctx.fresh(&client);
        let seen = [
            ("read", error(client.read_raw(&hidden).await)),
            (
                "write",
                error(client.write_raw(&hidden, &mms::MmsValue::Integer(1)).await),
            ),
            ("type", error(client.describe(&hidden).await)),
            ("select", error(client.select(&hidden).await)),
        ];
        for (what, found) in seen {
            ensure(found == Some(E::ObjectNonExistent), || {
                format!("{what} of {hidden}: {found:?}")
            })?;
        }
        let made = client
            .create_data_set(&set, std::slice::from_ref(&hidden))
            .await;
        ensure(made.is_err(), || format!("a data set of {hidden}"))?;
    }
    let theirs = Name::icc("OTHER_ICC", "THEIRS");
    ensure(
        error(client.read_raw(&theirs).await) == Some(E::ObjectNonExistent),
        || "the domain of another peer is seen".to_owned(),
    )?;
    // What is seen and may not be done is denied.
    let seen = Name::vcc("NAME_0000");
    client.set_point_type(
        seen.clone(),
        "Real".parse().map_err(|_| unreachable_type())?,
    );
    let denied = [
        ("write", error(client.write(&seen, &value).await)),
        (
            "operate",
            error(client.operate(&Name::vcc("CB_SEEN"), ctx.command()).await),
        ),
        ("select", error(client.select(&Name::vcc("CB_SEEN")).await)),
        ("tag", error(client.untag(&Name::vcc("CB_SEEN")).await)),
    ];
    for (what, found) in denied {
        ensure(found == Some(E::ObjectAccessDenied), || {
            format!("{what}: {found:?}")
        })?;
    }
    Ok(())
}

fn unreachable_type() -> super::context::Trouble {
    super::context::Trouble::Fail("there is no type Real".to_owned())
}

pub(super) async fn names_filtered(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let domains = client.domains().await?;
    if ctx.reference.is_none() {
        // That it shows us only what is ours is all that can be seen.
        return match domains.len() {
            0 | 1 => Ok(()),
            many => not_offered(format!("it shows {many} domains")),
        };
    }
    ensure(domains == [client.domain()], || {
        format!("domains {domains:?}")
    })?;
    let names = client.names(None).await?;
    ensure(!names.contains(&Name::vcc("SECRET")), || {
        "a hidden name is listed".to_owned()
    })?;
    let other = ctx.call(Reference::as_other).await??;
    let names = other.names(None).await?;
    ensure(names.contains(&Name::vcc("SECRET")), || {
        "a name is hidden from all".to_owned()
    })?;
    let theirs = client
        .mms()
        .variable_names(ObjectScope::Domain("OTHER_ICC"))
        .await;
    ensure(theirs.is_err(), || {
        "the names of another peer are listed".to_owned()
    })
}

/// Associations that are tried.
const MANY: usize = 16;

pub(super) async fn max_associations(ctx: &Ctx) -> Outcome {
    let mut open: Vec<Client> = Vec::new();
    let mut refused = false;
    while open.len() < MANY && !refused {
        match ctx.call(|_| {}).await? {
            Ok(client) => open.push(client),
            Err(_) => refused = true,
        }
    }
    let count = open.len();
    for client in &open {
        // They were to be counted.
        let _ = client.conclude().await;
    }
    drop(open);
    match (refused, count) {
        (true, 0) => fail("no association at all"),
        (true, _) => {
            // There is room again.
            ctx.client().await?.version().await?;
            Ok(())
        }
        (false, _) => not_offered(format!("it takes {count} associations and more")),
    }
}

pub(super) async fn tls(ctx: &Ctx) -> Outcome {
    ctx.own("this client has no TLS")?;
    not_offered("there is no TLS here")
}
