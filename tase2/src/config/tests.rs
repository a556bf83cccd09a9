use super::*;
use crate::bilateral::{Rights, Visibility};
use crate::model::DeviceClass;
use crate::types::{DsConditions, Edition, Validity, Value};

const CENTER: &str = r#"
[center]
name = "NORTH"
ap_title = "1,1,999,1"
ae_qualifier = 12
listen = "127.0.0.1:10102"
keep_alive = 0
"#;

const GOOD: &str = r#"
[[point]]
name = "MW1"
type = "RealQTimeTag"
value = 12.5
quality = "HELD ENTERED"
deadband = 0.5

[[point]]
name = "ICC1/CB1"
type = "Data_StateQ"
value = "ON"

[[control]]
name = "ICC1/SP1"
type = "Setpoint_Real"

[[device]]
name = "ICC1/CB1_CTL"
type = "Command"
class = "sbo"
check_back = 5
select_timeout = 10
operate_timeout = 2
commands = [0, 1, 7]
indication = "ICC1/CB1"

[[device]]
name = "ICC1/SP2"
type = "Setpoint_Real"
range = [0, 99.5]
taggable = false

[[data_set]]
name = "ICC1/DS1"
members = ["ICC1/Transfer_Set_Name", "MW1"]

[[peer]]
name = "SOUTH"
table_id = "V1"
domain = "ICC1"
edition = "1996-08"
ap_title = "1.1.999.2"
addresses = ["10.0.0.0/8"]
call = ["localhost:102", "localhost:103"]
rights = [
  { objects = ["MW*", "ICC1/*"], allow = ["read", "use"] },
  { objects = ["ICC1/DS1"], allow = ["delete"] },
  { objects = ["ICC1/CB1_CTL"], allow = ["select", "operate"], check_back = 123 },
]
[peer.limits]
transfer_sets = 3
commands_per_minute = 30
[peer.options]
visibility = "deny"
block5 = false
read_devices = false
one_selection = true
critical_timeout = 5
peer_edition = "2000-08"
[[peer.follow]]
data_set = "ICC1/DS9"
members = ["A", "B"]
conditions = "change,integrity"
integrity_check = 60
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("north.toml"), text)
}

#[test]
fn what_is_written() {
    let config = parse(&format!("{CENTER}check_selectors = true\n{GOOD}")).unwrap();
    assert_eq!(config.name, "NORTH");
    assert_eq!(
        config.options.ap_title.as_ref().map(|t| t.to_string()),
        Some("1.1.999.1".into())
    );
    assert_eq!(
        (config.options.ae_qualifier, config.options.keep_alive),
        (Some(12), None)
    );
    let [mw1, cb1] = config.model.points() else {
        panic!("two points");
    };
    assert_eq!((mw1.deadband, mw1.initial.value), (0.5, Value::Real(12.5)));
    assert_eq!(mw1.initial.quality.unwrap().validity, Validity::Held);
    assert_eq!(cb1.initial.quality.unwrap().validity, Validity::Valid);
    let devices: Vec<_> = config.model.devices().collect();
    let [breaker, set_point] = &devices[..] else {
        panic!("two devices");
    };
    assert_eq!((breaker.class, breaker.check_back), (DeviceClass::Sbo, 5));
    assert_eq!(
        (breaker.select_timeout, breaker.operate_timeout),
        (Duration::from_secs(10), Duration::from_secs(2))
    );
    assert_eq!(breaker.commands, [0, 1, 7]);
    assert_eq!(breaker.indication, Some("ICC1/CB1".parse().unwrap()));
    assert_eq!(
        (set_point.class, set_point.range),
        (DeviceClass::Direct, Some((0.0, 99.5)))
    );
    assert!(!set_point.taggable);
    let [table] = &config.tables[..] else {
        panic!("one table");
    };
    assert_eq!(
        (table.edition, table.limits.transfer_sets),
        (Edition::E1996, 3)
    );
    assert_eq!(table.options.visibility, Visibility::Deny);
    assert_eq!(table.options.peer_edition, Some(Edition::E2000));
    assert_eq!(table.options.critical_timeout, Duration::from_secs(5));
    assert_eq!(table.check_back(Some("ICC1"), "CB1_CTL"), Some(123));
    assert_eq!(table.check_back(Some("ICC1"), "SP2"), None);
    let options = &table.options;
    assert_eq!(
        (options.block5, options.read_devices, options.one_selection),
        (false, false, true)
    );
    assert_eq!(table.limits.commands_per_minute, 30);
    assert!(config.options.check_selectors);
    let rights = table.rights(Some("ICC1"), "DS1");
    assert_eq!(rights, Rights::READ | Rights::USE | Rights::DELETE);
    assert_eq!(config.calls[0].addresses.len(), 2);
    let (peer, follow) = &config.follows[0];
    assert_eq!(peer, "SOUTH");
    assert!(follow.attributes.rbe);
    let both = DsConditions::OBJECT_CHANGE | DsConditions::INTEGRITY_TIME_OUT;
    assert_eq!(
        (
            follow.attributes.conditions,
            follow.attributes.integrity_check
        ),
        (both, 60)
    );
    config.control_center().unwrap();
}

/// The message for a text behind the centre, whose lines are counted on.
fn refused(text: &str) -> String {
    parse(&format!("{CENTER}{text}")).unwrap_err().to_string()
}

#[test]
fn errors_name_the_line_the_entry_and_the_reason() {
    assert_eq!(
        refused("[[point]]\nname = \"X\"\ntype = \"RealX\"\n"),
        "north.toml:10: type: `RealX` is no type of an indication point; these are Real, State, Discrete and \
         StateSupplemental, each also with Q, QTimeTag, Extended or QTimeTagExtended behind it"
    );
    assert_eq!(
        refused("[[point]]\nname = \"1X\"\ntype = \"Real\"\n"),
        "north.toml:9: point 1X: 1X: `1X` has the character '1'; identifiers are of A-Z a-z 0-9 _ $ and do not begin with a digit"
    );
    let twice =
        "[[point]]\nname = \"X\"\ntype = \"Real\"\n[[point]]\nname = \"X\"\ntype = \"Real\"\n";
    assert_eq!(
        refused(twice),
        "north.toml:12: point X: X: there is another object of this name"
    );
    assert_eq!(
        refused("[[point]]\nname = \"X\"\ntype = \"State\"\nvalue = 7\n"),
        "north.toml:11: point X: `7` is none of BETWEEN OFF ON INVALID"
    );
    assert!(
        refused("[[point]]\nname = \"X\"\ntyp = \"Real\"\n")
            .starts_with("north.toml:10: typ: unknown field `typ`")
    );
    assert!(refused("[[point]]\nname = \"X\"\n").contains("missing field `type`"));
    assert_eq!(
        refused("[[data_set]]\nname = \"ICC1/DS\"\nmembers = [\"NO\"]\n"),
        "north.toml:9: data_set ICC1/DS: ICC1/DS: there is no NO to be a member"
    );
    assert_eq!(
        refused("[[device]]\nname = \"CB\"\ntype = \"Command\"\nindication = \"NO\"\n"),
        "north.toml:9: device CB: CB: NO is no point that shows what it does"
    );
    assert_eq!(
        refused("[[device]]\nname = \"CB\"\ntype = \"Command\"\nclass = \"both\"\n"),
        "north.toml:11: class: `both` is no class; there are direct and sbo"
    );
    let peer = "[[peer]]\nname = \"S\"\ntable_id = \"1\"\ndomain = \"D\"\nap_title = \"1.1.9\"\n";
    assert_eq!(
        refused(&format!(
            "{peer}rights = [\n {{ objects = [\"NO\"], allow = [\"read\"] }},\n]\n"
        )),
        "north.toml:14: peer S: peer S: there is no object `NO` to give rights to"
    );
    assert!(
        refused(&format!(
            "{peer}rights = [{{ objects = [\"X\"], allow = [\"reed\"] }}]\n"
        ))
        .contains("`reed` is no right")
    );
    assert_eq!(
        refused(&format!("{peer}{peer}")),
        "north.toml:14: peer S: peer S: name `S` is that of another table"
    );
    assert!(
        refused("[[peer]]\nname = \"S\"\ntable_id = \"1\"\ndomain = \"D\"\n")
            .contains("neither an AP title nor an address")
    );
    let error = parse("[center]\nname = \"N\"\nap_title = \"x.y\"\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "north.toml:3: ap_title: `x.y` is no AP title; expected numbers with dots, as 1.1.999.1"
    );
    assert_eq!(error.line, Some(3));
    let missing = Config::load("/nonexistent/north.toml").unwrap_err();
    assert_eq!(missing.line, None);
}

#[test]
fn lists_of_points() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("north.toml");
    let list = folder.path().join("points.csv");
    let with = |content: &str| {
        fs::write(&list, content).unwrap();
        let text = format!("{CENTER}point_lists = [\"points.csv\"]\n");
        Config::parse(&file, &text).map_err(|error| {
            assert_eq!(error.file.file_name(), Some("points.csv".as_ref()));
            (error.line.unwrap(), error.entry, error.reason)
        })
    };
    let good = with(
        "# of the energy management\nname, type, value, quality, deadband\nMW1, RealQ, 5, HELD, 0.1\nICC1/CB1, State, OFF,,\n",
    );
    let model = good.unwrap().model;
    assert_eq!(model.points().len(), 2);
    assert_eq!(model.points()[0].deadband, 0.1);
    let error = with("name,type\nA,Real\nB,Reel\n").unwrap_err();
    assert_eq!((error.0, error.1.as_str()), (3, "point B"));
    let error = with("name,type\nA,Real\nA,Real\n").unwrap_err();
    assert_eq!(
        (error.0, error.2.as_str()),
        (3, "A: there is another object of this name")
    );
    let error = with("name,type,value\nA,Discrete,1.5\n").unwrap_err();
    assert_eq!(
        (error.0, error.2.as_str()),
        (2, "`1.5` is no integer of 32 bits")
    );
    let error = with("name,kind\nA,Discrete\n").unwrap_err();
    assert_eq!((error.0, error.1.as_str()), (1, "kind"));
    let error = with("name,value\nA,1\n").unwrap_err();
    assert_eq!(
        (error.0, error.1.as_str(), error.2.as_str()),
        (1, "type", "the column is missing")
    );
    let error = with("name,type\nA\n").unwrap_err();
    assert_eq!(
        (error.0, error.2.as_str()),
        (2, "1 fields, and the header has 2")
    );
    let text = format!("{CENTER}point_lists = [\"none.csv\"]\n");
    let error = Config::parse(&file, &text).unwrap_err();
    assert_eq!((error.line, error.entry.as_str()), (Some(8), "point_lists"));
}

#[test]
fn blocks_beyond_points_and_devices() {
    use crate::condition::{AlarmAckRule, ConditionClass, Trigger};
    use std::time::Duration;
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../examples/tase2/blocks_north.toml"
    );
    let config = Config::load(file).unwrap();
    let model = &config.model;
    assert_eq!(model.information_buffers(), [128, 1024, 8192]);
    assert_eq!(model.programs()[0].timeout, Duration::from_secs(10));
    let [line, drill] = model.conditions() else {
        panic!("{:?}", model.conditions());
    };
    assert_eq!(line.severity, 10);
    let off = Trigger::State(crate::types::State::Off);
    assert_eq!(line.watch, Some((Name::vcc("N_LINE1"), off)));
    assert_eq!(drill.class, ConditionClass::NetworkTriggered);
    assert_eq!(
        (model.accounts()[0].reference, model.accounts()[0].floats),
        (7, 2)
    );
    let series: Vec<_> = model.time_series().map(|s| s.retention.as_secs()).collect();
    assert_eq!(series, [3600]);
    let [south, visitor] = &config.tables[..] else {
        panic!("two peers");
    };
    assert!(south.options.block3 && !visitor.options.block3);
    assert_eq!(south.information.send.to_string(), "7,100..199");
    assert_eq!(south.information.receive.to_string(), "7");
    assert!(
        south.information.enable && !south.information.segments && visitor.information.segments
    );
    assert_eq!(south.enrollments[0].ack_rule, AlarmAckRule::AckActive);
    assert!(config.control_center().is_ok());
    let south = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../examples/tase2/blocks_south.toml"
    );
    let config = Config::load(south).unwrap();
    assert!(config.follows[0].1.attributes.block_data);
}

#[test]
fn mistakes_in_blocks_are_told_with_their_line() {
    let error = |more: &str| {
        let text = format!("{CENTER}{more}");
        Config::parse(Path::new("n.toml"), &text)
            .unwrap_err()
            .to_string()
    };
    for (more, expected) in [
        (
            "[information]\nbuffers = [0]\n",
            "n.toml:9: information: an information buffer of 0 octets",
        ),
        (
            "[[program]]\nname = \"1P\"\n",
            "n.toml:9: program 1P: 1P: `1P` has the character '1'",
        ),
        (
            "[[event_condition]]\nname = \"C\"\nwhen = \"ON\"\n",
            "n.toml:10: event_condition C: `point` and `when` go together; `point` is missing",
        ),
        (
            "[[event_condition]]\nname = \"C\"\npoint = \"X\"\nwhen = \"maybe\"\n",
            "says of no point when it is so",
        ),
        (
            "[[event_condition]]\nname = \"C\"\npoint = \"X\"\nwhen = \"ON\"\n",
            "n.toml:9: event_condition C: C: there is no X to be a member",
        ),
        (
            "[[account]]\nname = \"A\"\nreference = 1\nperiod = 7\n",
            "n.toml:9: account A: A: an account is of the VCC",
        ),
        (
            "[[time_series]]\npoint = \"X\"\n",
            "n.toml:9: time_series X: X: there is no X",
        ),
        (
            "[[peer]]\nname = \"P\"\ntable_id = \"1\"\ndomain = \"D\"\nap_title = \"1.1.1\"\n[peer.information]\nsend = [\"5..1\"]\n",
            "n.toml:14: send:",
        ),
        (
            "[[peer]]\nname = \"P\"\ntable_id = \"1\"\ndomain = \"D\"\nap_title = \"1.1.1\"\n[[peer.enrollment]]\nname = \"E\"\ncondition = \"C\"\n",
            "n.toml:9: peer P: peer P: there is no object `C`",
        ),
    ] {
        let found = error(more);
        assert!(found.contains(expected), "{found}");
    }
}
