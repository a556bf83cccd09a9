//! Rows on data sets.

use super::context::{Ctx, Outcome, Trouble, ensure, fail, not_offered, not_tried, same};
use super::reference::icc;
use crate::client::{Client, DataSetMembers};
use crate::types::DsConditions;
use crate::{Error, Name, Special};
use mms::ServiceError;

/// A data set of these members, under a name that nothing has.
async fn made(ctx: &Ctx, client: &Client, members: &[Name]) -> Result<Name, Trouble> {
    let name = ctx.fresh(client);
    match client.create_data_set(&name, members).await {
        Ok(()) => Ok(name),
        Err(Error::Mms(error))
            if error.service_error() == Some(ServiceError::OBJECT_ACCESS_DENIED) =>
        {
            not_offered("we may not make data sets")
        }
        Err(error) => Err(error.into()),
    }
}

fn specials(client: &Client) -> Vec<Name> {
    let all = Special::ALL.iter();
    all.map(|special| Name::icc(client.domain(), special.name()))
        .collect()
}

pub(super) async fn define(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let mut members = specials(&client);
    members.extend(ctx.some(&client, 3).await?);
    let name = made(ctx, &client, &members).await?;
    let there = client.data_set(&name).await?.members;
    client.delete_data_set(&name).await?;
    let expected: Vec<_> = members.into_iter().map(Some).collect();
    same(there, expected, "members")
}

pub(super) async fn object_exists(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 1).await?;
    let name = made(ctx, &client, &members).await?;
    let again = client.create_data_set(&name, &members).await;
    client.delete_data_set(&name).await?;
    refused(again, ServiceError::OBJECT_EXISTS)
}

fn refused(result: Result<(), Error>, expected: ServiceError) -> Outcome {
    match result {
        Ok(()) => fail(format!("it is accepted instead of: {expected}")),
        Err(Error::Mms(error)) => match error.service_error() {
            Some(found) => same(found, expected, "error"),
            None => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn unknown_member(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let mut members = ctx.some(&client, 1).await?;
    members.push(Name::icc(client.domain(), "NO_SUCH_NAME_HERE"));
    let name = ctx.fresh(&client);
    let made = client.create_data_set(&name, &members).await;
    let there = client.data_set(&name).await.is_ok();
    if there {
        client.delete_data_set(&name).await?;
        return fail("a data set with a member that is not there is made");
    }
    ensure(made.is_err(), || "it is said to be made".to_owned())
}

pub(super) async fn delete(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 1).await?;
    let name = made(ctx, &client, &members).await?;
    client.delete_data_set(&name).await?;
    ensure(client.data_set(&name).await.is_err(), || {
        "it is still there".to_owned()
    })?;
    let again = client.delete_data_set(&name).await;
    ensure(again.is_err(), || "it can be deleted twice".to_owned())
}

pub(super) async fn delete_in_use(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 1).await?;
    let spec = ctx.spec(&client, members, DsConditions::INTERVAL_TIME_OUT, |set| {
        set.interval = 60;
    });
    let name = spec.data_set.clone();
    let follow = client.follow(spec).await?;
    let deleted = client.delete_data_set(&name).await;
    follow.stop().await?;
    ensure(deleted.is_err(), || {
        "it is deleted while a transfer set uses it".to_owned()
    })
}

pub(super) async fn read(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let mut members = specials(&client);
    let points = ctx.some(&client, 2).await?;
    members.extend(points.clone());
    let name = made(ctx, &client, &members).await?;
    let values = client.read_data_set(&name).await;
    client.delete_data_set(&name).await?;
    let values = values?;
    same(values.len(), members.len(), "values")?;
    let read = values.iter().skip(members.len() - points.len());
    ensure(read.clone().all(Result::is_ok), || {
        "a point cannot be read as a member".to_owned()
    })
}

pub(super) async fn write(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let Some(point) = ctx.permits.write.clone() else {
        return not_tried("no point was named that may be written");
    };
    let name = made(ctx, &client, std::slice::from_ref(&point)).await?;
    let before = client.read_raw(&point).await;
    let written = match &before {
        Ok(before) => {
            client
                .mms()
                .write_list(name.as_mms(), std::slice::from_ref(before))
                .await
        }
        Err(_) => Ok(Vec::new()),
    };
    client.delete_data_set(&name).await?;
    before?;
    match &written?[..] {
        [Ok(())] => Ok(()),
        other => fail(format!("{other:?}")),
    }
}

pub(super) async fn attributes(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 2).await?;
    let name = made(ctx, &client, &members).await?;
    let there = client.data_set(&name).await;
    let listed = client.data_set_names(Some(client.domain())).await;
    client.delete_data_set(&name).await?;
    let DataSetMembers {
        members: found,
        deletable,
    } = there?;
    same(found.len(), members.len(), "members")?;
    ensure(deletable, || "it is said not to be deletable".to_owned())?;
    ensure(listed?.contains(&name), || {
        "it is not in the list of names".to_owned()
    })
}

pub(super) async fn predefined(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let mut names = client.data_set_names(None).await?;
    names.extend(client.data_set_names(Some(client.domain())).await?);
    let Some(name) = names.iter().find(|name| !name.item().starts_with("CHECK_")) else {
        return not_offered("it has no predefined data sets");
    };
    let there = client.data_set(name).await?;
    ensure(!there.members.is_empty(), || {
        format!("{name} has no members")
    })?;
    client.read_data_set(name).await?;
    if ctx.reference.is_some() {
        same(name.clone(), icc("DS_STATIC"), "data set")?;
        let deleted = client.delete_data_set(name).await;
        return ensure(deleted.is_err(), || "it can be deleted".to_owned());
    }
    Ok(())
}
