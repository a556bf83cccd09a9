//! One device: idle, selected, at work. It is given moments and knows no clock.

use super::Tagged;
use crate::event::AssociationId;
use crate::types::{ControlType, ControlValue, Tag};
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// What a device is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Idle,
    /// The application is asked whether it can be selected. It was selected until then, if it was.
    Selecting {
        association: AssociationId,
        before: Option<Instant>,
    },
    Armed {
        association: AssociationId,
        until: Instant,
    },
    /// A command is with the application.
    Operating,
}

/// Why a device cannot be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    NotSelected,
    SelectedByAnother,
    Busy,
    Tagged(Tag),
}

/// The state of a device.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    pub(super) phase: Phase,
    pub(super) tagged: Tagged,
    /// Goes up with each step, so that whoever comes back late sees that it is not his any more.
    step: u64,
    /// Ends a selection whose time is up.
    timer: Option<AbortHandle>,
}

impl Unit {
    fn go(&mut self, phase: Phase) -> u64 {
        self.phase = phase;
        self.step += 1;
        if let Some(timer) = self.timer.take() {
            timer.abort();
        }
        self.step
    }

    /// What ends the selection of this step.
    pub(super) fn keep_timer(&mut self, step: u64, timer: AbortHandle) {
        match self.step == step {
            true => self.timer = Some(timer),
            false => timer.abort(),
        }
    }

    /// Whether a device is selected at a moment, and by whom.
    pub(crate) fn armed_by(&self, now: Instant) -> Option<AssociationId> {
        match self.phase {
            Phase::Armed { association, until } if now < until => Some(association),
            _ => None,
        }
    }

    /// A peer wants to select. Gives the step to come back with.
    pub(super) fn begin_select(
        &mut self,
        now: Instant,
        association: AssociationId,
        ty: ControlType,
    ) -> Result<u64, Unfit> {
        // Which command will come is not known yet: what one tag allows and the other forbids is seen when it does.
        match self.tagged.tag {
            Tag::None => {}
            Tag::CloseOnlyInhibit if ty == ControlType::Command => {}
            tag => return Err(Unfit::Tagged(tag)),
        }
        let before = match self.phase {
            Phase::Armed {
                association: by,
                until,
            } if now < until => {
                if by != association {
                    return Err(Unfit::SelectedByAnother);
                }
                Some(until)
            }
            Phase::Idle | Phase::Armed { .. } => None,
            Phase::Selecting { .. } | Phase::Operating => return Err(Unfit::Busy),
        };
        Ok(self.go(Phase::Selecting {
            association,
            before,
        }))
    }

    /// The application has answered. `false`: the device was taken away meanwhile.
    pub(super) fn end_select(
        &mut self,
        now: Instant,
        step: u64,
        allowed: bool,
        timeout: Duration,
    ) -> Option<u64> {
        let Phase::Selecting {
            association,
            before,
        } = self.phase
        else {
            return None;
        };
        if self.step != step {
            return None;
        }
        let until = match (allowed, before) {
            (true, _) => now + timeout,
            // The selection there was holds on.
            (false, Some(until)) if now < until => until,
            (false, _) => return Some(self.go(Phase::Idle)),
        };
        Some(self.go(Phase::Armed { association, until }))
    }

    /// A peer wants to operate: a selection of its own is used up, whatever comes of it. Gives the step to come back with.
    pub(super) fn begin_operate(
        &mut self,
        now: Instant,
        association: AssociationId,
        selected_first: bool,
    ) -> Result<u64, Unfit> {
        match self.phase {
            Phase::Armed {
                association: by,
                until,
            } if now < until => {
                if by != association {
                    return Err(Unfit::SelectedByAnother);
                }
            }
            Phase::Operating | Phase::Selecting { .. } => return Err(Unfit::Busy),
            Phase::Idle | Phase::Armed { .. } if selected_first => return Err(Unfit::NotSelected),
            Phase::Idle | Phase::Armed { .. } => {}
        }
        Ok(self.go(Phase::Operating))
    }

    /// Whether the tag allows a command.
    pub(super) fn tag_allows(&self, value: ControlValue) -> Result<(), Unfit> {
        match (self.tagged.tag, value) {
            (Tag::None, _) => Ok(()),
            // Nobody knows which way a command by agreement goes, or a set-point: only 0 is no closing.
            (Tag::CloseOnlyInhibit, ControlValue::Command(0)) => Ok(()),
            (tag, _) => Err(Unfit::Tagged(tag)),
        }
    }

    /// A command is done, or refused. `false`: it is no longer the one.
    pub(super) fn done(&mut self, step: u64) -> bool {
        let mine = self.phase == Phase::Operating && self.step == step;
        if mine {
            self.go(Phase::Idle);
        }
        mine
    }

    /// The time of a selection is up. `false`: it is no longer the one.
    pub(super) fn expire(&mut self, step: u64) -> Option<AssociationId> {
        match self.phase {
            Phase::Armed { association, .. } if self.step == step => {
                self.go(Phase::Idle);
                Some(association)
            }
            _ => None,
        }
    }

    /// A selection ends. Gives whose it was.
    pub(super) fn deselect(&mut self) -> Option<AssociationId> {
        let by = match self.phase {
            Phase::Armed { association, .. } => association,
            Phase::Selecting { association, .. } => association,
            _ => return None,
        };
        self.go(Phase::Idle);
        Some(by)
    }

    /// The selection of an association ends with it. What is with the application stays there.
    pub(super) fn release(&mut self, association: AssociationId) -> bool {
        match self.phase {
            Phase::Armed {
                association: by, ..
            }
            | Phase::Selecting {
                association: by, ..
            } if by == association => {
                self.go(Phase::Idle);
                true
            }
            _ => false,
        }
    }

    /// Whatever it does, it is idle again.
    pub(super) fn reset(&mut self) -> Phase {
        let before = self.phase;
        if before != Phase::Idle {
            self.go(Phase::Idle);
        }
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: AssociationId = AssociationId(1);
    const B: AssociationId = AssociationId(2);
    const HOLDS: Duration = Duration::from_secs(30);

    fn select(unit: &mut Unit, now: Instant, by: AssociationId) -> Result<u64, Unfit> {
        let step = unit.begin_select(now, by, ControlType::Command)?;
        Ok(unit.end_select(now, step, true, HOLDS).unwrap())
    }

    #[test]
    fn a_selection_is_for_one_command_of_one_association() {
        let now = Instant::now();
        let mut unit = Unit::default();
        assert_eq!(unit.begin_operate(now, A, true), Err(Unfit::NotSelected));
        select(&mut unit, now, A).unwrap();
        assert_eq!(unit.armed_by(now), Some(A));
        assert_eq!(
            unit.begin_select(now, B, ControlType::Command),
            Err(Unfit::SelectedByAnother)
        );
        assert_eq!(
            unit.begin_operate(now, B, true),
            Err(Unfit::SelectedByAnother)
        );
        assert_eq!(unit.armed_by(now), Some(A));
        let step = unit.begin_operate(now, A, true).unwrap();
        assert_eq!(unit.begin_operate(now, A, true), Err(Unfit::Busy));
        assert!(unit.done(step));
        assert_eq!(unit.begin_operate(now, A, true), Err(Unfit::NotSelected));
    }

    #[test]
    fn time_ends_it_and_selecting_again_prolongs_it() {
        let start = Instant::now();
        let mut unit = Unit::default();
        let first = select(&mut unit, start, A).unwrap();
        let later = start + HOLDS - Duration::from_millis(1);
        let second = select(&mut unit, later, A).unwrap();
        assert_eq!(unit.expire(first), None);
        assert_eq!(unit.armed_by(start + HOLDS), Some(A));
        let end = later + HOLDS;
        // Before anybody says so.
        assert_eq!(unit.armed_by(end), None);
        assert_eq!(unit.begin_operate(end, A, true), Err(Unfit::NotSelected));
        assert_eq!(unit.expire(second), Some(A));
        assert_eq!(unit.expire(second), None);
    }

    #[test]
    fn what_comes_back_late_changes_nothing() {
        let now = Instant::now();
        let mut unit = Unit::default();
        let step = unit.begin_select(now, A, ControlType::Command).unwrap();
        assert_eq!(
            unit.begin_select(now, A, ControlType::Command),
            Err(Unfit::Busy)
        );
        assert!(unit.release(A));
        assert_eq!(unit.end_select(now, step, true, HOLDS), None);
        assert_eq!(unit.phase, Phase::Idle);
        let first = unit.begin_operate(now, A, false).unwrap();
        assert_eq!(unit.begin_operate(now, A, false), Err(Unfit::Busy));
        assert!(!unit.release(A));
        assert_eq!(unit.reset(), Phase::Operating);
        let second = unit.begin_operate(now, B, false).unwrap();
        assert!(!unit.done(first));
        assert!(unit.done(second));
    }

    #[test]
    fn refused_again_keeps_what_there_was() {
        let now = Instant::now();
        let mut unit = Unit::default();
        select(&mut unit, now, A).unwrap();
        let step = unit.begin_select(now, A, ControlType::Command).unwrap();
        unit.end_select(now, step, false, HOLDS).unwrap();
        assert_eq!(unit.armed_by(now), Some(A));
        let step = unit.begin_select(now, A, ControlType::Command).unwrap();
        unit.end_select(now + HOLDS, step, false, HOLDS).unwrap();
        assert_eq!(unit.phase, Phase::Idle);
    }

    #[test]
    fn what_tags_allow() {
        use ControlType::{Command, SetpointReal};
        let now = Instant::now();
        let (open, close) = (ControlValue::Command(0), ControlValue::Command(1));
        let (other, real) = (ControlValue::Command(2), ControlValue::Real(1.0));
        for (tag, select, allowed) in [
            (Tag::None, [true, true], [true, true, true, true]),
            (
                Tag::CloseOnlyInhibit,
                [true, false],
                [true, false, false, false],
            ),
            (Tag::OpenAndCloseInhibit, [false, false], [false; 4]),
            (Tag::Invalid, [false, false], [false; 4]),
        ] {
            let mut unit = Unit::default();
            unit.tagged.tag = tag;
            let values = [open, close, other, real].map(|v| unit.tag_allows(v).is_ok());
            assert_eq!(values, allowed, "{tag}");
            let types = [Command, SetpointReal].map(|ty| {
                let mut unit = Unit::default();
                unit.tagged.tag = tag;
                unit.begin_select(now, A, ty).is_ok()
            });
            assert_eq!(types, select, "{tag}");
        }
    }
}
