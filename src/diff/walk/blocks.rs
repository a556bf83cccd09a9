//! Control blocks: of reports, setting groups, logs, GOOSE and sampled values.

use super::{Walk, values};
use crate::diff::catalogue::ReportBlock;
use crate::diff::pair::Pair;
use crate::diff::request::{Request, name, octets};
use crate::diff::session::Stop;
use mms::pdu::{JournalStart, JournalStop, ReadJournalRequest, write_write_request};
use mms::{BinaryTime, BitString, MmsValue};

impl Walk<'_> {
    pub(super) fn report_block(&mut self) -> Result<(), Stop> {
        let Some(block) = self.random.pick(&self.blocks).cloned() else {
            return self.read();
        };
        let association = self.association();
        match self.random.below(20) {
            0..5 => self.read_block(association, &block),
            5..9 => self.enable(association, &block),
            _ => self.write_block(association, &block),
        }
    }

    /// What is sent by the clock depends on when a server was started: none of that, and nothing buffered from before.
    pub(super) fn calm_blocks(&mut self) -> Result<(), Stop> {
        for block in self.blocks.clone() {
            let fields = [
                ("IntgPd", MmsValue::Unsigned(0)),
                ("BufTm", MmsValue::Unsigned(0)),
                ("PurgeBuf", MmsValue::Boolean(true)),
            ];
            for (field, value) in fields {
                if block.buffered || field != "PurgeBuf" {
                    let item = format!("{}${field}", block.item);
                    self.put(0, &[(block.domain.clone(), item, value)])?;
                }
            }
        }
        Ok(())
    }

    fn read_block(&mut self, association: usize, block: &ReportBlock) -> Result<(), Stop> {
        let field = self.random.pick(&block.fields).cloned();
        let item = match field {
            Some(field) if self.random.chance(0.5) => format!("{}${field}", block.item),
            _ => block.item.clone(),
        };
        if let Some(ty) = self.catalogue.type_of(&block.domain, &item).cloned() {
            let request = crate::diff::survey::read(association, &block.domain, &item, &ty);
            self.session.ask(request)?;
        }
        Ok(())
    }

    /// Lets a block report, with a general interrogation now and then, or ends it.
    fn enable(&mut self, association: usize, block: &ReportBlock) -> Result<(), Stop> {
        let key = format!("{}/{}", block.domain, block.item);
        let is_enabled = self.enabled.iter().any(|(_, name)| *name == key);
        let is_ours = self.enabled.contains(&(association, key.clone()));
        let field = |field: &str| format!("{}${field}", block.item);
        if is_ours && self.random.chance(0.6) {
            let gi = (block.domain.clone(), field("GI"), MmsValue::Boolean(true));
            return self.put(association, &[gi]);
        }
        let enable = !is_enabled || !is_ours;
        // Reports may come before it is known that they are enabled.
        self.session.expects_reports = true;
        let write = (
            block.domain.clone(),
            field("RptEna"),
            MmsValue::Boolean(enable),
        );
        if self.put_all(association, &[write])? {
            match enable {
                true => self.enabled.push((association, key)),
                false => self.enabled.retain(|(_, name)| *name != key),
            }
        }
        Ok(())
    }

    fn write_block(&mut self, association: usize, block: &ReportBlock) -> Result<(), Stop> {
        let bits = |count, number| MmsValue::BitString(BitString::from_integer(count, number));
        let number = self.random.below(1 << 16) as u32;
        let set = self.report_data_set(block);
        let choices: Vec<(&str, MmsValue)> = vec![
            (
                "RptID",
                MmsValue::VisibleString(format!("id{}", number % 3)),
            ),
            ("DatSet", MmsValue::VisibleString(set)),
            ("OptFlds", bits(10, number & 0b01_1111_1110)),
            ("TrgOps", bits(6, number & 0b10_1110)),
            ("BufTm", MmsValue::Unsigned(0)),
            ("IntgPd", MmsValue::Unsigned(0)),
            ("GI", MmsValue::Boolean(true)),
            ("RptEna", MmsValue::Unsigned(1)),
            ("SqNum", MmsValue::Unsigned(1)),
            ("ConfRev", MmsValue::Unsigned(1)),
            ("NoSuch", MmsValue::Boolean(true)),
            ("Resv", MmsValue::Boolean(number.is_multiple_of(2))),
            ("ResvTms", MmsValue::Integer(i64::from(number % 4) * 10)),
            ("PurgeBuf", MmsValue::Boolean(!number.is_multiple_of(3))),
            ("Owner", MmsValue::OctetString(vec![127, 0, 0, 1])),
            ("EntryID", MmsValue::OctetString(vec![0; 8])),
            (
                "EntryID",
                MmsValue::OctetString(vec![1, 2, 3, 4, 5, 6, 7, 8]),
            ),
        ];
        let Some((field, value)) = self.random.pick(&choices).cloned() else {
            return Ok(());
        };
        // Each server has its own identifier of the entry behind which reports are asked for.
        if field == "EntryID"
            && block.buffered
            && self.random.chance(0.6)
            && !self.session.entries.is_empty()
        {
            let at = self.random.below(self.session.entries.len());
            if let Some(entry) = self.session.entries.get(at).cloned() {
                return self.resume(association, block, entry);
            }
        }
        self.session.expects_reports = true;
        let item = format!("{}${field}", block.item);
        self.put(association, &[(block.domain.clone(), item, value)])
    }

    fn resume(
        &mut self,
        association: usize,
        block: &ReportBlock,
        entry: Pair<Vec<u8>>,
    ) -> Result<(), Stop> {
        let item = format!("{}$EntryID", block.item);
        let full = format!("{}/{item}", block.domain);
        let mut request = Request::new(association, "write", format!("resume {full}"), |_| {});
        request.octets = entry.map(|entry| {
            octets(|w| {
                let value = MmsValue::OctetString(entry);
                write_write_request(w, [(name(&block.domain, &item), &value)]);
            })
        });
        self.session
            .ask(request.giving([(full, None)]).changing())?;
        Ok(())
    }

    /// A data set for a report control block, mostly one of its own device that is there.
    fn report_data_set(&mut self, block: &ReportBlock) -> String {
        let sets: Vec<String> = self
            .catalogue
            .data_sets
            .iter()
            .filter(|set| set.domain == block.domain)
            .map(|set| format!("{}/{}", set.domain, set.name))
            .collect();
        match self.random.pick(&sets) {
            Some(set) if block.buffered || self.random.chance(0.85) => set.clone(),
            _ => String::new(),
        }
    }

    /// Setting group, log, GOOSE and sampled value control blocks.
    pub(super) fn other_block(&mut self) -> Result<(), Stop> {
        let association = self.association();
        let fields: Vec<_> = self
            .catalogue
            .variables
            .iter()
            .filter(|v| {
                let parts: Vec<&str> = v.item.split('$').collect();
                match parts[..] {
                    [_, "LG" | "GO" | "MS" | "US", ..] => parts.len() >= 3,
                    [_, "SP", "SGCB", ..] => true,
                    _ => false,
                }
            })
            .collect();
        let Some(field) = self.random.pick(&fields).copied().cloned() else {
            return self.read();
        };
        if self.random.chance(0.4) || !field.is_leaf() {
            let request =
                crate::diff::survey::read(association, &field.domain, &field.item, &field.ty);
            self.session.ask(request)?;
            return Ok(());
        }
        let value = match self.random.chance(0.9) {
            true => values::of(&field.ty, &mut self.random),
            false => values::any(&mut self.random),
        };
        self.put(association, &[(field.domain, field.item, value)])
    }

    pub(super) fn journal(&mut self) -> Result<(), Stop> {
        let association = self.association();
        let (domain, journal) = match self.random.pick(&self.catalogue.journals).cloned() {
            Some(journal) if self.random.chance(0.9) => journal,
            _ => (self.domain(), "LLN0$NoSuch".to_owned()),
        };
        let mut request = ReadJournalRequest::all(name(&domain, &journal));
        if self.random.chance(0.7) {
            let hours = self.random.below(3) as u64;
            request.start = Some(JournalStart::Time(BinaryTime::from_ms(
                1_700_000_000_000 + hours * 3_600_000,
            )));
            request.stop = match self.random.below(3) {
                0 => None,
                1 => Some(JournalStop::Count(self.random.below(5) as i32)),
                _ => Some(JournalStop::Time(BinaryTime::from_ms(4_000_000_000_000))),
            };
        }
        let what = format!("read log {domain}/{journal} from {:?}", request.start);
        self.session
            .ask(Request::new(association, "read-journal", what, |w| {
                request.encode(w);
            }))?;
        Ok(())
    }
}
