//! Rows on transfer sets.

use super::context::{
    Ctx, Outcome, Trouble, ensure, fail, not_offered, not_tried, report, report_for, same, silence,
    soon,
};
use super::reference::Reference;
use crate::Error;
use crate::client::{Client, Follow, Report, Update};
use crate::event::{Event, ReportProblem};
use crate::types::{DsConditions, DsTransferSet, TimeStamp, TransferSetShape, Value};
use mms::MmsValue;
use mms::ber::Writer;
use mms::pdu::{InformationReportWriter, write_variables};
use std::time::Duration;

type C = DsConditions;

pub(super) async fn next(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let name = client.next_transfer_set().await?;
    same(name.domain(), Some(client.domain()), "domain")?;
    client.read_raw(&name).await?;
    Ok(())
}

pub(super) async fn pool_empty(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let mut seen = Vec::new();
    // What is handed out is kept for us for a while only: nothing has to be given back.
    for _ in 0..256 {
        match client.next_transfer_set().await {
            Ok(name) if seen.contains(&name) => {
                return not_offered("it hands out a transfer set again that was not started");
            }
            Ok(name) => seen.push(name),
            Err(Error::NoTransferSet { .. }) => return Ok(()),
            Err(error) if error.access_error().is_some() => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    not_tried("it has more than 256 transfer sets")
}

pub(super) async fn start_stop(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 2).await?;
    let follow = ctx
        .follow(&client, members, C::INTERVAL_TIME_OUT, |set| {
            set.interval = 60
        })
        .await?;
    let name = follow.transfer_set().cloned();
    follow.stop().await?;
    let Some(name) = name else {
        return fail("it has no name");
    };
    // Stopped is stopped: it can be had again.
    let value = client.read_raw(&name).await?;
    ensure(matches!(value, MmsValue::Structure(_)), || {
        format!("{name} is {value}")
    })
}

pub(super) async fn component(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 2).await?;
    let mut follow = ctx
        .follow(&client, members, C::INTERVAL_TIME_OUT, |set| {
            set.interval = 1
        })
        .await?;
    report(&mut follow).await?;
    let Some(name) = follow.transfer_set().cloned() else {
        return fail("it has no name");
    };
    let stopped = client.set_transfer_status(&name, false).await;
    if let Err(error) = &stopped
        && error.access_error().is_some()
    {
        follow.stop().await?;
        return not_offered(format!("{error}"));
    }
    stopped?;
    // One may have crossed it.
    while let Ok(Some(_)) = tokio::time::timeout(Duration::from_millis(500), follow.next()).await {}
    silence(&mut follow, 3).await?;
    client.set_transfer_status(&name, true).await?;
    report(&mut follow).await?;
    Ok(follow.stop().await?)
}

pub(super) async fn interval(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 2).await?;
    let mut follow = ctx
        .follow(&client, members, C::INTERVAL_TIME_OUT, |set| {
            set.interval = 1
        })
        .await?;
    for _ in 0..3 {
        report_for(&mut follow, C::INTERVAL_TIME_OUT).await?;
    }
    Ok(follow.stop().await?)
}

fn stamp(report: &Report) -> Result<i64, Trouble> {
    match report.time {
        Some(time) => Ok(time.ms() / 1000),
        None => fail("the report has no Transfer_Set_Time_Stamp"),
    }
}

pub(super) async fn interval_phase(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 1).await?;
    // A start that is past keeps the phase: reports come at its seconds, modulo the interval.
    let start = ctx.now().ms() / 1000 - 1;
    let mut follow = ctx
        .follow(&client, members, C::INTERVAL_TIME_OUT, |set| {
            set.interval = 4;
            set.start_time = TimeStamp::from_seconds(start);
        })
        .await?;
    // The first one may come at once.
    report_for(&mut follow, C::INTERVAL_TIME_OUT).await?;
    let mut phases = Vec::new();
    for _ in 0..2 {
        let report = report_for(&mut follow, C::INTERVAL_TIME_OUT).await?;
        phases.push((stamp(&report)? - start).rem_euclid(4));
    }
    follow.stop().await?;
    // A slow machine may be late.
    ensure(phases.iter().all(|phase| *phase <= 2), || {
        format!("{phases:?} s behind the phase of StartTime")
    })
}

pub(super) async fn future_start(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 1).await?;
    let start = ctx.now().ms() / 1000 + 3;
    let mut follow = ctx
        .follow(&client, members, C::INTERVAL_TIME_OUT, |set| {
            set.interval = 60;
            set.start_time = TimeStamp::from_seconds(start);
        })
        .await?;
    let first = report(&mut follow).await?;
    follow.stop().await?;
    let early = start - stamp(&first)?;
    ensure(early <= 0, || {
        format!("a report {early} s before StartTime")
    })
}

pub(super) async fn integrity(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 2).await?;
    let count = members.len();
    let mut follow = ctx
        .follow(&client, members, C::INTEGRITY_TIME_OUT, |set| {
            set.integrity_check = 1
        })
        .await?;
    for _ in 0..2 {
        let report = report_for(&mut follow, C::INTEGRITY_TIME_OUT).await?;
        same(
            report.changes.len(),
            count,
            "members in an integrity report",
        )?;
    }
    Ok(follow.stop().await?)
}

/// A transfer set on the point that can be moved, and another one that cannot.
async fn moving(
    ctx: &Ctx,
    client: &Client,
    change: impl FnOnce(&mut DsTransferSet),
) -> Result<Follow, Trouble> {
    let name = ctx.moving()?;
    if !client.features().await?.has(2) {
        return not_offered("Supported_Features has no block 2");
    }
    let mut members = vec![name];
    for other in ctx.some(client, 3).await? {
        if !members.contains(&other) {
            members.push(other);
        }
    }
    let mut follow = ctx
        .follow(client, members, C::OBJECT_CHANGE, change)
        .await?;
    // A report at the start is a choice of the server: one that has not come by then does not come.
    let first = async { while !matches!(follow.next().await, Some(Update::Report(_)) | None) {} };
    let _ = tokio::time::timeout(Duration::from_secs(3), first).await;
    while let Ok(Some(_)) = tokio::time::timeout(Duration::from_millis(300), follow.next()).await {}
    Ok(follow)
}

/// The values of the point that was moved, in a report.
fn values(ctx: &Ctx, report: &Report) -> Result<Vec<Value>, Trouble> {
    let name = ctx.moving()?;
    let changes = report.changes.iter().filter(|change| *change.name == name);
    Ok(changes
        .filter_map(|change| Some(change.value.ok()?.value))
        .collect())
}

pub(super) async fn object_change(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let mut follow = moving(ctx, &client, |_| {}).await?;
    let value = ctx.move_it(&client).await?;
    let report = report_for(&mut follow, C::OBJECT_CHANGE).await?;
    follow.stop().await?;
    same(values(ctx, &report)?, vec![value], "the value that changed")
}

pub(super) async fn buffer(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let mut follow = moving(ctx, &client, |set| set.buffer_time = 2).await?;
    ctx.move_it(&client).await?;
    let last = ctx.move_it(&client).await?;
    let report = report_for(&mut follow, C::OBJECT_CHANGE).await?;
    follow.stop().await?;
    // Both within the time: one report, with the last value.
    same(
        values(ctx, &report)?,
        vec![last],
        "values after the buffer time",
    )
}

pub(super) async fn all_changes(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let mut follow = moving(ctx, &client, |set| {
        set.buffer_time = 2;
        set.all_changes_reported = true;
    })
    .await?;
    let first = ctx.move_it(&client).await?;
    let second = ctx.move_it(&client).await?;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        let report = report_for(&mut follow, C::OBJECT_CHANGE).await?;
        seen.extend(values(ctx, &report)?);
    }
    follow.stop().await?;
    same(seen, vec![first, second], "changes")
}

pub(super) async fn operator_request(ctx: &Ctx) -> Outcome {
    let own = ctx.own("only an operator of the control centre can ask for such a report")?;
    let client = ctx.client().await?;
    let members = ctx.some(&client, 2).await?;
    let mut follow = ctx
        .follow(&client, members, C::OPERATOR_REQUEST, |_| {})
        .await?;
    silence(&mut follow, 1).await?;
    same(own.vcc.request_reports(None, None), 1, "reports asked for")?;
    let report = report_for(&mut follow, C::OPERATOR_REQUEST).await?;
    ensure(report.full, || "it is not whole".to_owned())?;
    Ok(follow.stop().await?)
}

pub(super) async fn external_event(ctx: &Ctx) -> Outcome {
    let own = ctx.own("only the control centre has external events")?;
    let client = ctx.client().await?;
    let members = ctx.some(&client, 2).await?;
    let mut follow = ctx
        .follow(&client, members, C::OTHER_EXTERNAL_EVENT, |set| {
            set.event_code = 7
        })
        .await?;
    same(own.vcc.external_event(8), 0, "reports on another event")?;
    same(own.vcc.external_event(7), 1, "reports on the event")?;
    let report = report_for(&mut follow, C::OTHER_EXTERNAL_EVENT).await?;
    follow.stop().await?;
    same(report.event_code, Some(7), "Event_Code_Detected")
}

pub(super) async fn tle(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let mut follow = moving(ctx, &client, |set| set.tle = 30).await?;
    ctx.move_it(&client).await?;
    // In time, that is.
    report_for(&mut follow, C::OBJECT_CHANGE).await?;
    follow.stop().await?;
    let Some(own) = &ctx.reference else {
        // One that is too late takes a line that is slow, and is seen at the other end.
        return Ok(());
    };
    let stream = ctx.stream().await?;
    let gate = stream.gate();
    let slow = Client::over(stream, ctx.options.clone())
        .await?
        .in_domain(client.domain());
    let members = vec![ctx.moving()?];
    let follow = ctx
        .follow(&slow, members, C::OBJECT_CHANGE, |set| set.tle = 1)
        .await?;
    let mut events = own.events();
    gate.close();
    // More than waits on the way: what does not fit there waits in the transfer set.
    for _ in 0..3000 {
        ctx.move_it(&client).await?;
        tokio::task::yield_now().await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    // What has waited too long is dropped when there is room again.
    gate.open();
    let dropped = soon("report that is too late", async {
        loop {
            match events.recv().await {
                Ok(Event::Reports {
                    problem: ReportProblem::TooLate,
                    ..
                }) => return Ok(()),
                Ok(_) => {}
                Err(error) => return fail(error.to_string()),
            }
        }
    })
    .await;
    follow.stop().await?;
    dropped?
}

pub(super) async fn rbe_off(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let mut follow = moving(ctx, &client, |set| set.rbe = false).await?;
    ctx.move_it(&client).await?;
    let report = report_for(&mut follow, C::OBJECT_CHANGE).await?;
    follow.stop().await?;
    ensure(report.full && report.changes.len() > 1, || {
        "only what has changed is reported".to_owned()
    })
}

pub(super) async fn rbe_on(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let mut follow = moving(ctx, &client, |set| set.rbe = true).await?;
    ctx.move_it(&client).await?;
    let report = report_for(&mut follow, C::OBJECT_CHANGE).await?;
    follow.stop().await?;
    match (&ctx.reference, report.changes.len()) {
        (_, 1) => Ok(()),
        (Some(_), count) => fail(format!("{count} points in the report of one change")),
        // Others of its points may move of themselves.
        (None, count) => ensure(count > 0, || "nothing in the report".to_owned()),
    }
}

pub(super) async fn critical_ack(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 2).await?;
    let mut follow = ctx
        .follow(&client, members, C::INTERVAL_TIME_OUT, |set| {
            set.interval = 1;
            set.critical = true;
        })
        .await?;
    let mut events = ctx.reference.as_ref().map(|own| own.events());
    for _ in 0..4 {
        report_for(&mut follow, C::INTERVAL_TIME_OUT).await?;
    }
    // The last one may be on its way.
    soon("acknowledgement", async {
        while client.statistics().acknowledged < 4 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await?;
    follow.stop().await?;
    let problem = events.as_mut().and_then(|events| {
        std::iter::from_fn(|| events.try_recv().ok()).find(|e| matches!(e, Event::Reports { .. }))
    });
    ensure(problem.is_none(), || format!("{problem:?}"))
}

fn specials(client: &Client) -> Vec<crate::Name> {
    let special = |special: crate::Special| crate::Name::icc(client.domain(), special.name());
    crate::Special::ALL.map(special).to_vec()
}

/// A critical transfer set that nobody acknowledges.
async fn unacknowledged(ctx: &Ctx, client: &Client) -> Result<crate::Name, Trouble> {
    let members = ctx.some(client, 2).await?;
    let set = ctx.fresh(client);
    let mut all = specials(client);
    all.extend(members);
    client.create_data_set(&set, &all).await?;
    let name = client.next_transfer_set().await?;
    let attributes = DsTransferSet {
        data_set: Some(set),
        integrity_check: 60,
        conditions: C::INTEGRITY_TIME_OUT,
        critical: true,
        status: true,
        ..DsTransferSet::default()
    };
    client
        .write_raw(&name, &attributes.to_value(TransferSetShape::E2000, false))
        .await?;
    Ok(name)
}

const SEEN_THERE: &str = "what it makes of a report without acknowledgement is seen only there";

async fn problem(ctx: &Ctx, wanted: ReportProblem, client: &Client, nack: bool) -> Outcome {
    let own = ctx.own(SEEN_THERE)?;
    let mut events = own.events();
    let name = unacknowledged(ctx, client).await?;
    if nack {
        let mut service = Vec::new();
        let w = &mut Writer::unbounded(&mut service);
        let variable = crate::Name::icc(client.domain(), crate::standard::NACK);
        let report = InformationReportWriter::begin(w, |w| write_variables(w, [variable.as_mms()]));
        crate::types::encode_object_name(w, &name, false);
        report.end(w);
        // The report has to be there before it can be refused.
        soon("report", async {
            while client.statistics().unmatched == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await?;
        let sent = client.mms().remote().unconfirmed(service, 1 << 16);
        ensure(sent.is_ok(), || "the refusal was not sent".to_owned())?;
    }
    soon("such an event", async {
        loop {
            match events.recv().await {
                Ok(Event::Reports { problem, .. }) if problem == wanted => return Ok(()),
                Ok(_) => {}
                Err(error) => return fail(error.to_string()),
            }
        }
    })
    .await?
}

pub(super) async fn critical_nack(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    problem(ctx, ReportProblem::Refused, &client, true).await
}

pub(super) async fn critical_nack_at_client(ctx: &Ctx) -> Outcome {
    let own = ctx.own("it says something of our client only")?;
    let client = ctx.client().await?;
    let members = ctx.some(&client, 3).await?;
    let one = members.iter().take(1).cloned().collect();
    let spec = ctx.spec(&client, one, C::INTEGRITY_TIME_OUT, |set| {
        set.integrity_check = 60;
        set.critical = true;
    });
    let set = spec.data_set.clone();
    let mut follow = client.follow(spec.clone()).await?;
    report(&mut follow).await?;
    let Some(name) = follow.transfer_set().cloned() else {
        return fail("it has no name");
    };
    // The data set becomes another behind the back of who follows it: its reports cannot be understood.
    client.set_transfer_status(&name, false).await?;
    client.delete_data_set(&set).await?;
    let mut all = specials(&client);
    all.extend(members);
    client.create_data_set(&set, &all).await?;
    let mut events = own.events();
    client.set_transfer_status(&name, true).await?;
    let refused = soon("refusal", async {
        loop {
            match events.recv().await {
                Ok(Event::Reports {
                    problem: ReportProblem::Refused,
                    ..
                }) => return Ok(()),
                Ok(_) => {}
                Err(error) => return fail(error.to_string()),
            }
        }
    })
    .await?;
    follow.stop().await?;
    refused
}

pub(super) async fn critical_timeout(ctx: &Ctx) -> Outcome {
    ctx.own(SEEN_THERE)?;
    let reference = Reference::with(|table| {
        table.options.critical_timeout = Duration::from_secs(1);
    });
    let ctx = &Ctx::of_reference(reference.map_err(Trouble::Fail)?);
    let client = ctx.client().await?;
    problem(ctx, ReportProblem::NotAcknowledged, &client, false).await
}

pub(super) async fn two_on_one(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 2).await?;
    let first = ctx.spec(&client, members, C::INTERVAL_TIME_OUT, |set| {
        set.interval = 1
    });
    let mut second = first.clone();
    second.members = None;
    let mut first = client.follow(first).await?;
    let other = client.follow(second).await;
    let mut other = match other {
        Ok(other) => other,
        Err(error) => {
            first.stop().await?;
            return Err(error.into());
        }
    };
    let (a, b) = (report(&mut first).await?, report(&mut other).await?);
    let told_apart = a.transfer_set != b.transfer_set;
    other.stop().await?;
    first.stop().await?;
    ensure(told_apart, || "reports of both have one name".to_owned())
}

pub(super) async fn association_loss(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 1).await?;
    let spec = ctx.spec(&client, members, C::INTERVAL_TIME_OUT, |set| {
        set.interval = 60
    });
    let data_set = spec.data_set.clone();
    let mut follow = client.follow(spec).await?;
    let name = follow.transfer_set().cloned();
    client.mms().abort();
    soon("end of the association", client.closed()).await?;
    soon("interruption", async {
        while !matches!(follow.next().await, Some(Update::Interrupted { .. }) | None) {}
    })
    .await?;
    let client = ctx.client().await?;
    // It is free again, if the server goes by the rules; else it cannot be started by anybody.
    let Some(name) = name else {
        return fail("it has no name");
    };
    // Where data sets of ours end with the association there is nothing left of it.
    let again = match client.delete_data_set(&data_set).await {
        Ok(()) => Ok(()),
        Err(error) => match client.data_set(&data_set).await {
            Ok(_) => Err(error),
            Err(_) => Ok(()),
        },
    };
    ensure(again.is_ok(), || {
        format!("{name} still uses its data set: {again:?}")
    })
}

pub(super) async fn restart(ctx: &Ctx) -> Outcome {
    let client = ctx.client().await?;
    let members = ctx.some(&client, 2).await?;
    let spec = ctx.spec(&client, members, C::INTERVAL_TIME_OUT, |set| {
        set.interval = 60
    });
    let mut follow = client.follow(spec.clone()).await?;
    report(&mut follow).await?;
    let mut again = spec;
    again.members = None;
    again.transfer_set = follow.transfer_set().cloned();
    again.attributes.interval = 1;
    let started = client.follow(again).await;
    let mut again = match started {
        Ok(again) => again,
        Err(error) => {
            follow.stop().await?;
            return Err(error.into());
        }
    };
    report(&mut again).await?;
    report(&mut again).await?;
    again.stop().await?;
    // The data set is that of the first.
    Ok(follow.stop().await?)
}

pub(super) async fn pdu_overflow(ctx: &Ctx) -> Outcome {
    let client = ctx
        .client_with(|options| options.config.max_pdu_size = 1000)
        .await?;
    let members = ctx.some(&client, 200).await?;
    if members.len() < 100 {
        return not_offered(format!("{} points fit any PDU", members.len()));
    }
    let count = members.len();
    let set = ctx.fresh(&client);
    // The request is longer than a PDU of the server, too, so it is made on an association of usual size.
    let wide = ctx.client().await?;
    let mut all = specials(&client);
    all.extend(members);
    wide.create_data_set(&set, &all).await?;
    let name = client.next_transfer_set().await?;
    // Names are longer than values: of a data set that does not fit its attributes do not either, so the reports are counted as they come.
    let (sender, mut reports) = tokio::sync::mpsc::unbounded_channel();
    let counting = client.mms().on_information_report(move |report| {
        // Nobody has to listen.
        let _ = sender.send(report.results.len());
    });
    let mut attributes = DsTransferSet {
        data_set: Some(set.clone()),
        integrity_check: 60,
        conditions: C::INTEGRITY_TIME_OUT,
        status: true,
        ..DsTransferSet::default()
    };
    let shape = TransferSetShape::E2000;
    if let Err(error) = client
        .write_raw(&name, &attributes.to_value(shape, false))
        .await
    {
        wide.delete_data_set(&set).await?;
        return match error.access_error() {
            Some(_) => not_offered(format!("it does not start one: {error}")),
            None => Err(error.into()),
        };
    }
    let mut seen = 0;
    while seen < count {
        match soon("report", reports.recv()).await? {
            Some(values) => seen += values,
            None => return fail("no more reports"),
        }
    }
    drop(counting);
    attributes.status = false;
    client
        .write_raw(&name, &attributes.to_value(shape, false))
        .await?;
    wide.delete_data_set(&set).await?;
    Ok(())
}
