//! Rows on associations.

use super::context::{Ctx, Outcome, Trouble, ensure, fail, not_offered, same, soon};
use super::reference::Pair;
use super::values::{answers, some_names};
use crate::client::Client;
use crate::{Error, Name};
use mms::association::CloseReason;
use mms::osi::acse::ApTitle;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

/// ABORT of the session layer.
const ABORT: u8 = 25;

pub(super) async fn called(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    answers(&client).await?;
    Ok(client.conclude().await?)
}

fn pair(ctx: &Ctx, id: &str) -> Result<Pair, Trouble> {
    ctx.own("whom a foreign control centre calls is not seen from here")?;
    Pair::new(id).map_err(Trouble::Fail)
}

pub(super) async fn calling(ctx: &Ctx) -> Outcome {
    let pair = pair(ctx, "PAIR-1")?;
    // The called side uses the one that called.
    let peer = pair.north.1.peer("SOUTH")?;
    let client = peer.connected(Duration::from_secs(20)).await?;
    let name = Name::vcc("SOUTH_MW");
    client.read(&name).await?;
    Ok(())
}

pub(super) async fn both_roles(ctx: &Ctx) -> Outcome {
    let pair = pair(ctx, "PAIR-1")?;
    let patience = Duration::from_secs(20);
    let (north, south) = (pair.north.1.peer("SOUTH")?, pair.south.1.peer("NORTH")?);
    let (of_south, of_north) = (
        north.connected(patience).await?,
        south.connected(patience).await?,
    );
    let names = [Name::vcc("SOUTH_MW"), Name::vcc("NORTH_MW")];
    let (a, b) = tokio::join!(of_south.read(&names[0]), of_north.read(&names[1]));
    a?;
    b?;
    same(north.associations().len(), 1, "associations")?;
    same(south.associations().len(), 1, "associations")
}

pub(super) async fn conclude(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    client.conclude().await?;
    let reason = soon("end of the association", client.closed()).await?;
    same(reason, CloseReason::Released, "the end")?;
    if ctx.reference.is_none() {
        // That the other side can conclude is seen when it does.
        return Ok(());
    }
    let pair = pair(ctx, "PAIR-1")?;
    let peer = pair.south.1.peer("NORTH")?;
    let client = peer.connected(Duration::from_secs(20)).await?;
    pair.north.1.stop().await;
    let reason = soon("end of the association", client.closed()).await?;
    same(reason, CloseReason::Released, "the end by the called side")
}

async fn lives(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    answers(&client).await?;
    // It was to be seen that there is one.
    let _ = client.conclude().await;
    Ok(())
}

pub(super) async fn abort(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    client.mms().abort();
    soon("end of the association", client.closed()).await?;
    lives(ctx).await
}

pub(super) async fn ap_title(ctx: &Ctx) -> Outcome {
    let stranger = "1.1.999.64000.7".parse().ok().map(ApTitle::Identifier);
    let called = ctx
        .call(|options| options.config.local.ap_title = stranger)
        .await?;
    refused(called, "it takes callers of any AP title").await?;
    if ctx.options.call.remote.ap_title.is_some() {
        let other = "1.1.999.64000.8".parse().ok().map(ApTitle::Identifier);
        let called = ctx
            .call(|options| options.call.remote.ap_title = other)
            .await?;
        refused(called, "it takes calls for any AP title").await?;
    }
    lives(ctx).await
}

async fn refused(called: Result<Client, Error>, otherwise: &str) -> Outcome {
    match called {
        Ok(client) => {
            // It was not to be there.
            let _ = client.conclude().await;
            not_offered(otherwise)
        }
        Err(_) => Ok(()),
    }
}

pub(super) async fn selector_mismatch(ctx: &Ctx) -> Outcome {
    let called = ctx
        .call(|options| options.call.remote.t_selector = vec![0x77, 0x77])
        .await?;
    refused(called, "it takes any selectors").await?;
    let called = ctx
        .call(|options| options.call.remote.p_selector = vec![0x77; 4])
        .await?;
    refused(called, "it takes any presentation selector").await?;
    lives(ctx).await
}

pub(super) async fn pdu_size(ctx: &Ctx) -> Outcome {
    let mut all: Option<Vec<Name>> = None;
    for size in [512, 1000, 8192, 32_000, 65_000] {
        let client = ctx
            .client_with(|options| options.config.max_pdu_size = size)
            .await?;
        let agreed = client.mms().negotiated().max_pdu_size;
        ensure(agreed <= size, || {
            format!("{agreed} octets agreed where {size} were proposed")
        })?;
        answers(&client).await?;
        let names = some_names(&client).await?;
        match &all {
            Some(all) => same(names.len(), all.len(), "names")?,
            None => all = Some(names),
        }
        let _ = client.conclude().await;
    }
    let called = ctx
        .call(|options| options.config.max_pdu_size = 65_000)
        .await?;
    called?;
    Ok(())
}

pub(super) async fn outstanding_one(ctx: &Ctx) -> Outcome {
    let client = ctx
        .client_with(|options| {
            options.config.max_outstanding_calling = 1;
            options.config.max_outstanding_called = 1;
        })
        .await?;
    let agreed = client.mms().negotiated().max_outstanding_ours;
    same(agreed, 1, "requests outstanding")?;
    let (a, b, c) = tokio::join!(answers(&client), answers(&client), answers(&client));
    a?;
    b?;
    c?;
    Ok(())
}

pub(super) async fn cotp_segmentation(ctx: &Ctx) -> Outcome {
    let client = ctx
        .client_with(|options| options.config.tpdu_size = 128)
        .await?;
    let names = some_names(&client).await?;
    ensure(!names.is_empty(), || {
        "no names in pieces of 128 octets".to_owned()
    })?;
    // And a request that is longer than a piece; that some of it cannot be read is no matter here.
    let variables = names.iter().cycle().take(20).map(Name::as_mms);
    let values = client
        .mms()
        .read_many(variables.collect::<Vec<_>>())
        .await?;
    same(values.len(), 20, "values")
}

pub(super) async fn lower_abort(ctx: &Ctx) -> Outcome {
    // An abort of the session in place of a CONNECT, and one on an association that is open.
    let mut stream = ctx.stream().await?;
    let abort = [3, 0, 0, 9, 2, 0xf0, 0x80, ABORT, 0];
    // The other side may be gone before all of it is written.
    let _ = stream.write_all(&abort).await;
    let client = ctx.client().await?;
    client.mms().abort();
    soon("end of the association", client.closed()).await?;
    lives(ctx).await
}

pub(super) async fn lower_abort_at_client(ctx: &Ctx) -> Outcome {
    ctx.own("it says something of our client only")?;
    let (near, mut far) = duplex(1 << 12);
    let calling = Client::over(near, ctx.options.clone());
    let answering = async {
        // Whatever is asked for, the transport connection is confirmed and the session aborted.
        let mut octets = [0; 512];
        if far.read(&mut octets).await.is_err() {
            return;
        }
        let confirm = [3, 0, 0, 11, 6, 0xd0, 0, 0, 0, 1, 0];
        if far.write_all(&confirm).await.is_err() || far.read(&mut octets).await.is_err() {
            return;
        }
        let abort = [3, 0, 0, 9, 2, 0xf0, 0x80, ABORT, 0];
        let _ = far.write_all(&abort).await;
    };
    let (called, ()) = soon("end of the call", async {
        tokio::join!(calling, answering)
    })
    .await?;
    match called {
        Ok(_) => fail("an association out of an abort"),
        Err(_) => Ok(()),
    }
}
