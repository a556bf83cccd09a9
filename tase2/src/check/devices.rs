//! Rows on device control (block 5).

use super::context::{Ctx, Outcome, Trouble, ensure, fail, not_offered, same, soon};
use super::reference::{CHECK_BACK, Reference};
use crate::client::Client;
use crate::types::{ControlValue, Tag, TagValue};
use crate::{Error, Name};
use mms::{DataAccessError as E, MmsValue};
use std::time::Duration;

/// An association with a control centre that has block 5.
async fn client(ctx: &Ctx) -> Result<Client, Trouble> {
    let client = ctx.client().await?;
    match client.features().await?.has(5) {
        true => Ok(client),
        false => not_offered("Supported_Features has no block 5"),
    }
}

fn refused<T>(result: Result<T, Error>, expected: &[E]) -> Outcome {
    match result {
        Ok(_) => fail("it is accepted"),
        Err(error) => match error.access_error() {
            Some(found) => ensure(expected.contains(&found), || {
                let expected: Vec<String> = expected.iter().map(E::to_string).collect();
                format!("{found} instead of {}", expected.join(" or "))
            }),
            None => Err(error.into()),
        },
    }
}

/// Not armed: which error it is differs between products.
const UNARMED: &[E] = &[E::ObjectAccessDenied, E::TemporarilyUnavailable];

pub(super) async fn select(ctx: &Ctx) -> Outcome {
    let client = client(ctx).await?;
    let device = ctx.sbo()?;
    let id = client.select(device).await?;
    match ctx.permits.check_back {
        Some(expected) => same(id, expected, "check-back id"),
        None => Ok(()),
    }
}

pub(super) async fn wrong_id(ctx: &Ctx) -> Outcome {
    let own = ctx.own("it says something of our client only")?;
    let client = client(ctx).await?;
    let name = Name::vcc("CB");
    let before = own.vcc.device(&name).map(|device| device.value());
    let done = client
        .select_and_operate(&name, Some(CHECK_BACK + 1), ctx.command())
        .await;
    ensure(matches!(done, Err(Error::CheckBack { .. })), || {
        format!("{done:?}")
    })?;
    let after = own.vcc.device(&name).map(|device| device.value());
    same(after, before, "last command")
}

pub(super) async fn select_denied(ctx: &Ctx) -> Outcome {
    let client = client(ctx).await?;
    ctx.own("no device is known that may be seen and not selected")?;
    refused(
        client.select(&Name::vcc("CB_SEEN")).await,
        &[E::ObjectAccessDenied],
    )
}

pub(super) async fn select_busy(ctx: &Ctx) -> Outcome {
    let first = client(ctx).await?;
    let device = ctx.sbo()?;
    let second = ctx.client().await?;
    first.select(device).await?;
    let other = second.select(device).await;
    // It is free when the first one ends.
    first.conclude().await?;
    refused(other, &[E::TemporarilyUnavailable, E::ObjectAccessDenied])
}

pub(super) async fn select_expired(ctx: &Ctx) -> Outcome {
    let client = client(ctx).await?;
    ctx.own("how long a selection holds is not known")?;
    let device = Name::vcc("CB_SHORT");
    client.select(&device).await?;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    refused(client.operate(&device, ctx.command()).await, UNARMED)
}

pub(super) async fn operate(ctx: &Ctx) -> Outcome {
    let client = client(ctx).await?;
    let device = ctx.sbo()?;
    client
        .select_and_operate(device, ctx.permits.check_back, ctx.command())
        .await?;
    let twice = client.operate(device, ctx.command()).await;
    refused(twice, UNARMED)
}

pub(super) async fn operate_unarmed(ctx: &Ctx) -> Outcome {
    let client = client(ctx).await?;
    let device = ctx.sbo()?;
    refused(client.operate(device, ctx.command()).await, UNARMED)
}

pub(super) async fn operate_range(ctx: &Ctx) -> Outcome {
    let client = client(ctx).await?;
    ctx.own("a value that no device takes is not known")?;
    for (device, value) in [
        ("LTC", ControlValue::Command(7)),
        ("SP_REAL", ControlValue::Real(100.5)),
        ("SP_REAL", ControlValue::Real(f32::NAN)),
    ] {
        let operated = client.operate(&Name::vcc(device), value).await;
        refused(operated, &[E::ObjectValueInvalid])?;
    }
    let wide = client
        .write_raw(&Name::vcc("SP_DISCRETE"), &MmsValue::Integer(70_000))
        .await;
    refused(wide, &[E::ObjectValueInvalid])
}

pub(super) async fn operate_type(ctx: &Ctx) -> Outcome {
    let client = client(ctx).await?;
    let direct = ctx.direct()?;
    let written = client
        .write_raw(direct, &MmsValue::VisibleString("on".into()))
        .await;
    refused(written, &[E::TypeInconsistent, E::ObjectValueInvalid])
}

pub(super) async fn direct_operate(ctx: &Ctx) -> Outcome {
    let client = client(ctx).await?;
    let device = ctx.direct()?;
    client.operate(device, ctx.command()).await?;
    if ctx.reference.is_some() {
        client
            .operate(&Name::vcc("SP_REAL"), ControlValue::Real(50.0))
            .await?;
        client
            .operate(&Name::vcc("SP_DISCRETE"), ControlValue::Discrete(-5))
            .await?;
    }
    Ok(())
}

/// The device with a tag, as it is without one.
async fn taggable(ctx: &Ctx, client: &Client) -> Result<Name, Trouble> {
    let device = ctx.sbo()?;
    match client.tag_of(device).await {
        Ok(TagValue { tag: Tag::None, .. }) => Ok(device.clone()),
        Ok(tag) => super::context::not_tried(format!("the device is tagged {tag} already")),
        Err(error)
            if matches!(
                error.access_error(),
                Some(E::ObjectNonExistent | E::ObjectUndefined)
            ) =>
        {
            not_offered("the device has no tag")
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn tag_set(ctx: &Ctx) -> Outcome {
    let client = client(ctx).await?;
    let device = taggable(ctx, &client).await?;
    client.tag(&device, Tag::CloseOnlyInhibit, "check").await?;
    let tagged = client.tag_of(&device).await;
    client.untag(&device).await?;
    let tagged = tagged?;
    same(
        (tagged.tag, &*tagged.reason),
        (Tag::CloseOnlyInhibit, "check"),
        "tag",
    )?;
    same(client.tag_of(&device).await?.tag, Tag::None, "tag")
}

pub(super) async fn tag_get(ctx: &Ctx) -> Outcome {
    let client = client(ctx).await?;
    taggable(ctx, &client).await?;
    Ok(())
}

pub(super) async fn tag_inhibit(ctx: &Ctx) -> Outcome {
    let client = client(ctx).await?;
    let device = taggable(ctx, &client).await?;
    client
        .tag(&device, Tag::OpenAndCloseInhibit, "check")
        .await?;
    let done = client
        .select_and_operate(&device, ctx.permits.check_back, ctx.command())
        .await;
    client.untag(&device).await?;
    refused(done, &[E::ObjectAccessDenied])
}

pub(super) async fn loss_while_armed(ctx: &Ctx) -> Outcome {
    let client = client(ctx).await?;
    let device = ctx.sbo()?;
    client.select(device).await?;
    client.mms().abort();
    soon("end of the association", client.closed()).await?;
    let client = ctx.client().await?;
    refused(client.operate(device, ctx.command()).await, UNARMED)?;
    // It is nobody's.
    client.select(device).await?;
    if ctx.reference.is_some() {
        let other = ctx.call(Reference::as_other).await??;
        let busy = other.select(device).await;
        return refused(busy, &[E::TemporarilyUnavailable]);
    }
    Ok(())
}
