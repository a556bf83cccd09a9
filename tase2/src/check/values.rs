//! Rows on the version, the features, the table and data values.

use super::context::{
    Ctx, Outcome, Trouble, ensure, example, fail, not_offered, not_tried, same, soon,
};
use super::reference::{NAMES, Pair, Reference, icc, of_type};
use crate::client::Client;
use crate::event::Event;
use crate::types::{
    DsConditions, DsTransferSet, Edition, Features, PointType, PointValue, TransferSetShape,
    Version,
};
use crate::{Name, standard};
use mms::ber::Reader;
use mms::pdu::ObjectScope;
use mms::{DataAccessError, DataView, MmsValue};

pub(super) async fn version_read(ctx: &Ctx) -> Outcome {
    let version = ctx.client().await?.version().await?;
    ensure(version.major >= 1996, || format!("version {version}"))
}

/// A transfer set written with the components of an edition, and stopped again.
async fn written_as(ctx: &Ctx, shape: TransferSetShape) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 1).await?;
    let set = ctx.fresh(&client);
    client.create_data_set(&set, &members).await?;
    let name = client.next_transfer_set().await?;
    let attributes = DsTransferSet {
        data_set: Some(set.clone()),
        interval: 60,
        conditions: DsConditions::INTERVAL_TIME_OUT,
        status: true,
        ..DsTransferSet::default()
    };
    let started = client
        .write_raw(&name, &attributes.to_value(shape, false))
        .await;
    if started.is_ok() {
        let stop = DsTransferSet {
            status: false,
            ..attributes
        };
        client
            .write_raw(&name, &stop.to_value(shape, false))
            .await?;
    }
    client.delete_data_set(&set).await?;
    match started {
        Ok(()) => Ok(()),
        Err(error) if error.access_error() == Some(DataAccessError::TypeInconsistent) => {
            let components = shape.components();
            not_offered(format!(
                "it takes no transfer sets of {components} components"
            ))
        }
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn version_1996_peer(ctx: &Ctx) -> Outcome {
    written_as(ctx, TransferSetShape::E1996).await
}

pub(super) async fn version_2000_peer(ctx: &Ctx) -> Outcome {
    written_as(ctx, TransferSetShape::E2000).await
}

/// Our client follows a server of an edition.
async fn server_of(ctx: &Ctx, edition: Edition) -> Outcome {
    ctx.own("it says something of our client only")?;
    let reference = Reference::with(|table| table.edition = edition).map_err(Trouble::Fail)?;
    let ctx = Ctx::of_reference(reference);
    let client = ctx.client().await?;
    same(client.version().await?.edition(), edition, "edition")?;
    let members = ctx.some(&client, 2).await?;
    let mut follow = ctx
        .follow(&client, members, DsConditions::INTEGRITY_TIME_OUT, |set| {
            set.integrity_check = 60;
        })
        .await?;
    super::context::report(&mut follow).await?;
    Ok(follow.stop().await?)
}

pub(super) async fn version_1996_server(ctx: &Ctx) -> Outcome {
    server_of(ctx, Edition::E1996).await
}

pub(super) async fn version_2000_server(ctx: &Ctx) -> Outcome {
    server_of(ctx, Edition::E2000).await
}

pub(super) async fn features_bits(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let name = Name::vcc(standard::FEATURES);
    match client.read_raw(&name).await? {
        MmsValue::BitString(bits) => {
            ensure((8..=16).contains(&bits.len()), || {
                format!("{} bits", bits.len())
            })?;
        }
        other => return fail(format!("no bit string: {other}")),
    }
    let features = client.features().await?;
    ensure(features.has(1), || {
        format!("blocks {features}, and block 1 is not among them")
    })
}

pub(super) async fn features_decoded(_: &Ctx) -> Outcome {
    for octets in [
        &[0x84, 2, 0, 0xd8][..],
        &[0x84, 3, 4, 0xd8, 0],
        &[0x84, 3, 0, 0xd8, 0x0f],
    ] {
        let view = DataView::decode(&mut Reader::new(octets));
        let features = view.ok().and_then(|view| Features::decode(&view).ok());
        same(features, Some(Features::of(&[1, 2, 4, 5])), "blocks")?;
    }
    Ok(())
}

pub(super) async fn table_id_match(ctx: &Ctx) -> Outcome {
    let id = ctx.client().await?.table_id().await?;
    ensure(!id.is_empty(), || "it is empty".to_owned())?;
    match &ctx.permits.table_id {
        Some(expected) => same(&id, expected, "Bilateral_Table_ID"),
        None => Ok(()),
    }
}

/// Whether SOUTH finds the table of NORTH to be another one than it expects.
async fn mismatch(ctx: &Ctx, expected: &str) -> Result<bool, Trouble> {
    ctx.own("it says something of our client only")?;
    let mut pair = Pair::new(expected).map_err(Trouble::Fail)?;
    let peer = pair.south.1.peer("NORTH")?;
    peer.connected(std::time::Duration::from_secs(20)).await?;
    Ok(std::iter::from_fn(|| pair.events.try_recv().ok())
        .any(|event| matches!(event, Event::TableMismatch { .. })))
}

pub(super) async fn table_id_match_told(ctx: &Ctx) -> Outcome {
    same(mismatch(ctx, "PAIR-1").await?, false, "mismatch")
}

pub(super) async fn table_id_mismatch_told(ctx: &Ctx) -> Outcome {
    same(mismatch(ctx, "PAIR-2").await?, true, "mismatch")
}

pub(super) async fn read_types(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let points = ctx.points(&client).await?;
    if points.is_empty() {
        return not_offered("it shows no points");
    }
    let mut seen: Vec<PointType> = Vec::new();
    for (name, ty) in points {
        // A state supplemental cannot be told from a state by its type.
        if !seen.contains(ty) {
            client.read(name).await?;
            seen.push(*ty);
        }
    }
    if ctx.reference.is_some() {
        for ty in PointType::all() {
            let name = Name::vcc(of_type(ty));
            client.set_point_type(name.clone(), ty);
            client.read(&name).await?;
        }
    }
    Ok(())
}

pub(super) async fn write_types(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    if ctx.reference.is_none() {
        let Some(name) = &ctx.permits.write else {
            return not_tried("no point was named that may be written");
        };
        let before = client.read(name).await?;
        ctx.move_it(&client).await?;
        let after = client.read(name).await?;
        return ensure(before.value != after.value, || {
            format!("{name} is {after} as before")
        });
    }
    for ty in PointType::all() {
        for name in [Name::vcc(of_type(ty)), icc(&of_type(ty))] {
            client.set_point_type(name.clone(), ty);
            let value = example(ty);
            client.write(&name, &value).await?;
            let read = client.read(&name).await?;
            let all = |value: PointValue| (value.value, value.quality.filter(|_| ty.has_quality()));
            ensure(
                all(read)
                    == all(PointValue {
                        quality: value.quality.filter(|_| ty.has_quality()),
                        ..value
                    }),
                || format!("{name}: {read} instead of {value}"),
            )?;
        }
    }
    Ok(())
}

pub(super) async fn scopes(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let points = ctx.points(&client).await?;
    let vcc = points.iter().find(|(name, _)| name.domain().is_none());
    let icc = points.iter().find(|(name, _)| name.domain().is_some());
    let (Some((vcc, _)), Some((icc, _))) = (vcc, icc) else {
        return not_offered("its points are all of one scope");
    };
    client.read(vcc).await?;
    client.read(icc).await?;
    Ok(())
}

pub(super) async fn multi_read_bad_name(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let good = Name::vcc(standard::VERSION);
    let bad = Name::icc(client.domain(), "NO_SUCH_NAME_HERE");
    let names = [&good, &bad, &good];
    let values = client.mms().read_many(names.map(Name::as_mms)).await?;
    match &values[..] {
        [Ok(_), Err(error), Ok(_)] => ensure(
            matches!(
                error,
                DataAccessError::ObjectNonExistent
                    | DataAccessError::ObjectUndefined
                    | DataAccessError::ObjectAccessDenied
            ),
            || format!("the bad name is answered by {error}"),
        ),
        other => fail(format!("{other:?}")),
    }
}

pub(super) async fn type_discovery(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let points = ctx.points(&client).await?;
    let Some((name, ty)) = points.first() else {
        return not_offered("it shows no points");
    };
    same(client.point_type(name).await?, *ty, "type")?;
    let version = client.describe(&Name::vcc(standard::VERSION)).await?;
    let expected = Version::description();
    let components = |ty: &mms::TypeDescription| match ty {
        mms::TypeDescription::Structure(components) => components.len(),
        _ => 0,
    };
    same(
        components(&version),
        components(&expected),
        "components of the version",
    )?;
    let absent = client
        .describe(&Name::icc(client.domain(), "NO_SUCH_NAME_HERE"))
        .await;
    ensure(absent.is_err(), || {
        "a name that is not there has a type".to_owned()
    })
}

pub(super) async fn paging(ctx: &Ctx) -> Outcome {
    let names = async |size: u32| {
        let client = ctx
            .client_with(|options| options.config.max_pdu_size = size)
            .await?;
        let all = client.mms().variable_names(ObjectScope::Vmd).await?;
        let _ = client.conclude().await;
        Ok::<_, Trouble>(all)
    };
    let (few, many) = (names(1000).await?, names(65_000).await?);
    same(few.len(), many.len(), "names")?;
    ensure(few == many, || "other names in small pages".to_owned())?;
    let sorted = few.is_sorted();
    match &ctx.reference {
        Some(_) => ensure(sorted && few.len() > NAMES, || {
            format!("{} names", few.len())
        }),
        None if few.len() < 50 => not_offered(format!("{} names make no pages", few.len())),
        None => Ok(()),
    }
}

/// That we are answered at all: an error is an answer, too.
pub(super) async fn answers(client: &Client) -> Outcome {
    match soon("answer", client.mms().identify()).await? {
        Err(error) if error.is_closed() => Err(error.into()),
        Err(error @ mms::client::ClientError::Timeout { .. }) => Err(error.into()),
        _ => Ok(()),
    }
}

/// All names of the VCC, or, where it has none, of our domain.
pub(super) async fn some_names(client: &Client) -> Result<Vec<Name>, Trouble> {
    match client.names(None).await {
        Ok(names) => Ok(names),
        Err(error) if error.is_closed() => Err(error.into()),
        Err(_) => Ok(client.names(Some(client.domain())).await?),
    }
}
