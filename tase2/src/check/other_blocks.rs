//! Rows on blocks 3, 4 and 6 to 9.

use super::context::{
    Ctx, Outcome, Trouble, ensure, fail, not_offered, not_tried, report, same, soon,
};
use super::reference::{ACCOUNT, CONDITION, INFO, PROGRAM, Reference};
use crate::client::{Client, EnrollmentSpec};
use crate::information::{Message, Recipients};
use crate::types::{DsConditions, TimeStamp, TsConditions, TsTransferSet};
use crate::{Name, VirtualControlCenter};
use std::time::Duration;

/// An association with a control centre that has a block.
async fn with_block(ctx: &Ctx, block: u8) -> Result<Client, Trouble> {
    let client = ctx.client().await?;
    match client.features().await?.has(block) {
        true => Ok(client),
        false => not_offered(format!("Supported_Features has no block {block}")),
    }
}

pub(super) async fn blocked(ctx: &Ctx) -> Outcome {
    if ctx.reference.is_some() {
        // It is off until a bilateral table switches it on.
        let reference = Reference::with(|table| table.options.block3 = true);
        let ctx = Ctx::of_reference(reference.map_err(Trouble::Fail)?);
        return blocked_reports(&ctx).await;
    }
    blocked_reports(ctx).await
}

async fn blocked_reports(ctx: &Ctx) -> Outcome {
    let client = with_block(ctx, 3).await?;
    let members = ctx.some(&client, 2).await?;
    let count = members.len();
    let mut follow = ctx
        .follow(&client, members, DsConditions::INTEGRITY_TIME_OUT, |set| {
            set.integrity_check = 60;
            set.block_data = true;
        })
        .await?;
    let report = report(&mut follow).await?;
    follow.stop().await?;
    let values = report.changes.iter().filter(|change| change.value.is_ok());
    same(values.count(), count, "values in a blocked report")
}

/// Sends a message to us, as our own control centre.
fn send(own: &VirtualControlCenter, to_all: bool, content: &[u8]) -> Outcome {
    let to = match to_all {
        true => Recipients::All,
        false => Recipients::Peer("CHECKER"),
    };
    let sent = own.send_information(to, &Message::new(INFO, content));
    match sent {
        Ok(sent) => same(sent.associations, 1, "associations a message went to"),
        Err(error) => fail(error.to_string()),
    }
}

/// Messages that are sent to us come as they are.
async fn come(ctx: &Ctx, to_all: bool, contents: &[Vec<u8>]) -> Outcome {
    let client = with_block(ctx, 4).await?;
    let own = ctx.own("only the control centre can send a message")?;
    let mut messages = client.messages();
    client.enable_information(true).await?;
    for content in contents {
        send(&own.vcc, to_all, content)?;
        let Some(message) = soon("message", messages.next()).await? else {
            return fail("no more messages");
        };
        ensure(message.content == *content, || {
            format!(
                "{} octets came instead of {}",
                message.content.len(),
                content.len()
            )
        })?;
        same(
            (message.info_reference, message.to_all),
            (INFO, to_all),
            "message",
        )?;
    }
    Ok(())
}

pub(super) async fn information_enable(ctx: &Ctx) -> Outcome {
    let client = with_block(ctx, 4).await?;
    ensure(!client.information_enabled().await?, || {
        "it is enabled on a new association".to_owned()
    })?;
    client.enable_information(true).await?;
    let enabled = client.information_enabled().await;
    client.enable_information(false).await?;
    ensure(enabled?, || "it is not enabled".to_owned())?;
    if ctx.reference.is_some() {
        return come(ctx, false, &[b"hello".to_vec()]).await;
    }
    Ok(())
}

pub(super) async fn information_disable(ctx: &Ctx) -> Outcome {
    let client = with_block(ctx, 4).await?;
    client.enable_information(true).await?;
    client.enable_information(false).await?;
    ensure(!client.information_enabled().await?, || {
        "it is still enabled".to_owned()
    })?;
    let Some(own) = &ctx.reference else {
        return Ok(());
    };
    let sent = own
        .vcc
        .send_information(Recipients::Peer("CHECKER"), &Message::new(INFO, "hello"));
    match sent {
        Ok(sent) => same(sent.associations, 0, "associations a message went to"),
        Err(error) => fail(error.to_string()),
    }
}

pub(super) async fn information_sizes(ctx: &Ctx) -> Outcome {
    // At the limits of its buffers of 128 and 1024 octets; beyond them it is refused where it would be sent.
    let contents = [0, 1, 127, 128, 129, 1023, 1024].map(|size| vec![b'x'; size]);
    come(ctx, false, &contents).await?;
    let own = ctx.own("only the control centre can send a message")?;
    let message = Message::new(INFO, vec![b'x'; 1025]);
    let sent = own
        .vcc
        .send_information(Recipients::Peer("CHECKER"), &message);
    ensure(sent.is_err(), || {
        "more than its buffers hold is sent".to_owned()
    })
}

pub(super) async fn information_scopes(ctx: &Ctx) -> Outcome {
    come(ctx, false, &[b"for one".to_vec()]).await?;
    come(ctx, true, &[b"for all".to_vec()]).await
}

pub(super) async fn information_binary(ctx: &Ctx) -> Outcome {
    let all: Vec<u8> = (0..=255).collect();
    come(ctx, false, &[all, vec![0; 100]]).await
}

pub(super) async fn programs(ctx: &Ctx) -> Outcome {
    use crate::program::ProgramState as S;
    let client = with_block(ctx, 6).await?;
    let programs = client.programs().await?;
    let Some(program) = programs.first() else {
        return not_offered("it shows no programs");
    };
    client.program(program).await?;
    if ctx.reference.is_none() {
        return not_tried("no program may be started; its attributes can be read");
    }
    let state = async |client: &Client| Ok::<_, Trouble>(client.program(PROGRAM).await?.state);
    client.start_program(PROGRAM, None).await?;
    same(state(&client).await?, S::Running, "state")?;
    client.stop_program(PROGRAM).await?;
    same(state(&client).await?, S::Stopped, "state")?;
    client.resume_program(PROGRAM, None).await?;
    same(state(&client).await?, S::Running, "state")?;
    let wrong = client.start_program(PROGRAM, None).await;
    ensure(wrong.is_err(), || "it starts while it runs".to_owned())?;
    client.stop_program(PROGRAM).await?;
    client.reset_program(PROGRAM).await?;
    same(state(&client).await?, S::Idle, "state")?;
    client.start_program(PROGRAM, None).await?;
    client.kill_program(PROGRAM).await?;
    same(state(&client).await?, S::Unrunnable, "state")
}

pub(super) async fn events(ctx: &Ctx) -> Outcome {
    let client = with_block(ctx, 7).await?;
    let mut conditions = client.conditions(None).await?;
    conditions.extend(client.conditions(Some(client.domain())).await?);
    let Some(condition) = conditions.first() else {
        return not_offered("it shows no event conditions");
    };
    let mut enrolled = client
        .enroll(&EnrollmentSpec::new(condition.clone()))
        .await?;
    if let Some(own) = &ctx.reference {
        same(
            own.vcc.set_condition(&Name::vcc(CONDITION), true),
            Some(1),
            "notifications",
        )?;
        let told = soon("notification", enrolled.next()).await?;
        ensure(told.is_some(), || "no more notifications".to_owned())?;
    }
    enrolled.end().await?;
    Ok(())
}

pub(super) async fn accounts(ctx: &Ctx) -> Outcome {
    let client = with_block(ctx, 8).await?;
    ctx.own("which accounts a control centre has is not to be seen")?;
    let reports = client
        .query_account(
            ACCOUNT,
            TimeStamp::from_seconds(0),
            0,
            Duration::from_secs(5),
        )
        .await?;
    ensure(
        reports.iter().any(|report| !report.periods.is_empty()),
        || "no data of the account".to_owned(),
    )
}

pub(super) async fn series(ctx: &Ctx) -> Outcome {
    let client = with_block(ctx, 9).await?;
    ctx.own("which points a control centre stores is not to be seen")?;
    let set = TsTransferSet {
        data_value: Some(ctx.moving()?),
        sample_interval: 1,
        report_interval: 2,
        conditions: TsConditions::REPORT_INTERVAL_TIME_OUT,
        ..TsTransferSet::default()
    };
    let mut follow = client.follow_series(set).await?;
    let told = soon("report", follow.next()).await?;
    follow.stop().await?;
    match told {
        Some(told) => ensure(!told.samples.is_empty(), || "no samples".to_owned()),
        None => fail("no more reports"),
    }
}
