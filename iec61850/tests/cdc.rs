//! The common data classes against what libiec61850 makes of the same arguments.

use iec61850::{
    CdcControlModelOptions, CdcFactory, CdcOptions, DataObject, DplOptions, Error,
    FunctionalConstraint, IedModel, LogicalNode, MmsValue, ModelNode, ModelNodeExt, TriggerOptions,
    WpOptions,
};

const GOLDEN: &str = include_str!("golden/common-data-classes.txt");

fn logical_node() -> LogicalNode {
    let model = IedModel::new("IED").unwrap();
    let device = model.create_logical_device("LD", None).unwrap();
    device.create_logical_node("X1").unwrap()
}

/// A node in the notation of the golden file. Start values are shown where libiec61850 has one.
fn render(node: &ModelNode) -> String {
    let mut text = node.name().to_owned();
    let count = match node {
        ModelNode::DataObject(object) => object.array_count(),
        ModelNode::DataAttribute(attribute) => attribute.array_count(),
        _ => 0,
    };
    if count > 0 {
        text += &format!("({count})");
    }
    if let ModelNode::DataAttribute(attribute) = node {
        text += &format!("[{}]{}", attribute.fc(), attribute.attribute_type());
        if !attribute.trigger_options().is_empty() {
            text += &format!("/{}", attribute.trigger_options().bits());
        }
        if node.name() == "ctlModel" {
            text += &format!("={}", attribute.initial_value().unwrap());
        }
    }
    let children: Vec<_> = node.children().iter().map(render).collect();
    if !children.is_empty() {
        text += &format!("{{{}}}", children.join(" "));
    }
    text
}

struct Arguments {
    options: CdcOptions,
    control: CdcControlModelOptions,
    wp: u32,
    flags: Vec<bool>,
}

fn create(ln: &LogicalNode, class: &str, a: &Arguments) -> Result<DataObject, Error> {
    let (o, c) = (a.options, a.control);
    let wp = WpOptions::from_bits_retain(a.wp);
    let flag = a.flags.first().copied().unwrap_or_default();
    match class {
        "SPS" => ln.create_cdc_sps("N", o),
        "DPS" => ln.create_cdc_dps("N", o),
        "INS" => ln.create_cdc_ins("N", o),
        "ENS" => ln.create_cdc_ens("N", o),
        "BCR" => ln.create_cdc_bcr("N", o),
        "VSS" => ln.create_cdc_vss("N", o),
        "SEC" => ln.create_cdc_sec("N", o),
        "CMV" => ln.create_cdc_cmv("N", o),
        "LPL" => ln.create_cdc_lpl("N", o),
        "ACD" => ln.create_cdc_acd("N", o),
        "ACT" => ln.create_cdc_act("N", o),
        "SPG" => ln.create_cdc_spg("N", o),
        "VSG" => ln.create_cdc_vsg("N", o),
        "ENG" => ln.create_cdc_eng("N", o),
        "ING" => ln.create_cdc_ing("N", o),
        "WYE" => ln.create_cdc_wye("N", o),
        "DEL" => ln.create_cdc_del("N", o),
        "MV" => ln.create_cdc_mv("N", flag, o),
        "SAV" => ln.create_cdc_sav("N", flag, o),
        "ASG" => ln.create_cdc_asg("N", flag, o),
        "DPL" => ln.create_cdc_dpl("N", DplOptions::from_bits_retain(a.wp), o),
        "SPC" => ln.create_cdc_spc("N", o, c),
        "DPC" => ln.create_cdc_dpc("N", o, c),
        "INC" => ln.create_cdc_inc("N", o, c),
        "ENC" => ln.create_cdc_enc("N", o, c),
        "BSC" => ln.create_cdc_bsc("N", flag, o, c),
        "ISC" => ln.create_cdc_isc("N", flag, o, c),
        "APC" => ln.create_cdc_apc("N", flag, o, c),
        "SPV" => ln.create_cdc_spv("N", wp, flag, o, c),
        "STV" => ln.create_cdc_stv("N", wp, flag, o, c),
        "ALM" => ln.create_cdc_alm("N", wp, flag, o, c),
        "CTE" => ln.create_cdc_cte("N", wp, flag, o, c),
        "TMS" => ln.create_cdc_tms("N", wp, flag, o, c),
        "CMD" => ln.create_cdc_cmd("N", wp, flag, a.flags[1], a.flags[2], o, c),
        other => panic!("class {other}"),
    }
}

#[test]
fn as_libiec61850_makes_them() {
    let mut cases = 0;
    for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<_> = line.splitn(6, ' ').collect();
        let number = |field: &str| u32::from_str_radix(field, 16).unwrap();
        let arguments = Arguments {
            options: CdcOptions::from_bits_retain(number(fields[1])),
            control: CdcControlModelOptions::from_bits_retain(number(fields[2])),
            wp: number(fields[3]),
            flags: fields[4].chars().map(|c| c == '1').collect(),
        };
        let object = create(&logical_node(), fields[0], &arguments).unwrap();
        assert_eq!(render(&object.clone().into()), fields[5], "{line}");
        assert_eq!(object.cdc().as_deref(), Some(fields[0]));
        cases += 1;
    }
    assert_eq!(cases, 233);
}

#[test]
fn where_libiec61850_is_at_fault() {
    let ln = logical_node();
    let none = CdcOptions::empty();
    let vss = ln.create_cdc_vss("Vss", CdcOptions::PICS_SUBST).unwrap();
    let value = vss.child_attribute("subVal").unwrap();
    assert_eq!(value.attribute_type().as_str(), "VISIBLE_STRING_255");

    let hst = ln
        .create_cdc_hst("Hst", 5, CdcOptions::UNIT_MULTIPLIER)
        .unwrap();
    assert_eq!(
        render(&hst.clone().into()),
        "Hst{hstVal(5)[ST]INT32/5 q[ST]QUALITY/2 t[ST]TIMESTAMP numPts[CF]INT16U \
         units[CF]CONSTRUCTED/1{SIUnit[CF]ENUMERATED/1 multiplier[CF]ENUMERATED/1} \
         maxPts[CF]INT16U}"
    );
    assert_eq!(
        hst.child_attribute("maxPts").unwrap().initial_value(),
        Some(MmsValue::Unsigned(5))
    );

    let yearly = WpOptions::COUNTING_MONTHLY | WpOptions::COUNTING_YEARLY;
    let cte = ln
        .create_cdc_cte("Cte", yearly, false, none, CdcControlModelOptions::empty())
        .unwrap();
    assert_eq!(cte.child_attribute("mly").unwrap().array_count(), 13);
    assert_eq!(cte.child_attribute("yly").unwrap().array_count(), 21);

    let control = CdcControlModelOptions::MODEL_SBO_NORMAL
        | CdcControlModelOptions::OPTION_OP_OK
        | CdcControlModelOptions::OPTION_SBO_TIMEOUT
        | CdcControlModelOptions::OPTION_SBO_CLASS
        | CdcControlModelOptions::OPTION_OPER_TIMEOUT;
    let bac = ln
        .create_cdc_bac(
            "Bac",
            true,
            CdcOptions::BLK_ENA | CdcOptions::STEP_SIZE,
            control,
        )
        .unwrap();
    assert_eq!(
        render(&bac.clone().into()),
        "Bac{mxVal[MX]CONSTRUCTED/1{i[MX]INT32/1} q[MX]QUALITY/2 t[MX]TIMESTAMP opOk[OR]BOOLEAN/1 \
         blkEna[BL]BOOLEAN persistent[CF]BOOLEAN/1 ctlModel[CF]ENUMERATED/1=2 \
         sboTimeout[CF]INT32U/1 sboClass[CF]ENUMERATED/1 operTimeout[CF]INT32U/1 \
         SBO[CO]VISIBLE_STRING_129 Oper[CO]CONSTRUCTED{ctlVal[CO]CODEDENUM \
         origin[CO]CONSTRUCTED{orCat[CO]ENUMERATED orIdent[CO]OCTET_STRING_64} ctlNum[CO]INT8U \
         T[CO]TIMESTAMP Test[CO]BOOLEAN Check[CO]CHECK} stepSize[CF]CONSTRUCTED{i[CF]INT32}}"
    );
    assert_eq!(
        bac.child_attribute("sboTimeout").unwrap().initial_value(),
        Some(MmsValue::Unsigned(15_000))
    );
}

#[test]
fn options_of_other_classes_are_refused() {
    let ln = logical_node();
    let none = CdcOptions::empty();
    let no_control = CdcControlModelOptions::empty();
    let wrong = CdcOptions::DESC | CdcOptions::RANGE | CdcOptions::MIN;
    let error = ln.create_cdc_sps("Ind1", wrong).unwrap_err();
    assert_eq!(error.to_string(), "SPS Ind1 has no option RANGE | MIN");
    assert!(ln.child("Ind1").is_none(), "nothing was created");
    let unknown = CdcControlModelOptions::from_bits_retain(6);
    assert!(matches!(
        ln.create_cdc_spc("Pos", none, unknown),
        Err(Error::InvalidOption { cdc: "SPC", options, .. }) if options == "control model 6"
    ));
    let wp = WpOptions::INC_RATE;
    assert!(matches!(
        ln.create_cdc_spv("Spv", wp, false, none, no_control),
        Err(Error::InvalidOption { cdc: "SPV", options, .. }) if options == "INC_RATE"
    ));
    let direct = CdcControlModelOptions::MODEL_DIRECT_NORMAL;
    assert!(matches!(
        ln.create_cdc_alm("Alm", WpOptions::empty(), false, none, direct),
        Err(Error::InvalidOption { cdc: "ALM", .. })
    ));
    assert!(matches!(
        ln.create_cdc_sps("1nd", none),
        Err(Error::InvalidName { .. })
    ));
    ln.create_cdc_sps("Ind1", none).unwrap();
    assert!(matches!(
        ln.create_cdc_sps("Ind1", none),
        Err(Error::Duplicate { .. })
    ));
}

#[test]
fn constructed_attribute_classes() {
    let ln = logical_node();
    let object = ln.create_data_object("N", 0).unwrap();
    let (mx, d) = (FunctionalConstraint::MX, TriggerOptions::DATA_CHANGED);
    let angle = CdcOptions::AC_CLC_O;
    let made = [
        object.create_cac_analog("a", mx, d, true),
        object.create_cac_analog("b", mx, d, false),
        object.create_cac_val_with_trans("c", FunctionalConstraint::ST, d, true),
        object.create_cac_vector("e", mx, d, angle),
        object.create_cac_vector("f", mx, TriggerOptions::empty(), CdcOptions::empty()),
        object.create_cac_point("g", mx, d, false),
        object.create_cac_point("h", mx, d, true),
        object.create_cac_scaled_value_config("i"),
        object.create_cac_unit("j", false),
        object.create_cac_unit("k", true),
    ];
    let texts: Vec<_> = made
        .into_iter()
        .map(|attribute| render(&attribute.unwrap().into()))
        .collect();
    assert_eq!(
        texts,
        [
            "a[MX]CONSTRUCTED/1{i[MX]INT32/1}",
            "b[MX]CONSTRUCTED/1{f[MX]FLOAT32/1}",
            "c[ST]CONSTRUCTED/1{posVal[ST]INT8/1 transInd[ST]BOOLEAN/1}",
            "e[MX]CONSTRUCTED/1{mag[MX]CONSTRUCTED/1{f[MX]FLOAT32/1} \
             ang[MX]CONSTRUCTED/1{f[MX]FLOAT32/1}}",
            "f[MX]CONSTRUCTED{mag[MX]CONSTRUCTED{f[MX]FLOAT32}}",
            "g[MX]CONSTRUCTED/1{xVal[MX]FLOAT32/1 yVal[MX]FLOAT32/1}",
            "h[MX]CONSTRUCTED/1{xVal[MX]FLOAT32/1 yVal[MX]FLOAT32/1 zVal[MX]FLOAT32/1}",
            "i[CF]CONSTRUCTED/1{scaleFactor[CF]FLOAT32/1 offset[CF]FLOAT32/1}",
            "j[CF]CONSTRUCTED/1{SIUnit[CF]ENUMERATED/1}",
            "k[CF]CONSTRUCTED/1{SIUnit[CF]ENUMERATED/1 multiplier[CF]ENUMERATED/1}",
        ]
    );
    assert!(matches!(
        object.create_cac_vector("l", mx, d, CdcOptions::MIN),
        Err(Error::InvalidOption { cdc: "Vector", .. })
    ));
}
