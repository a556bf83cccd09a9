use super::*;

#[test]
fn the_text_form_shows_everything() {
    let model = complete();
    assert_eq!(
        model.dump(),
        "\
IED IED
  LD LD1
    LN LLN0
      DS Events
        LD1/MHAI1.HA.phsAHar(1)[MX]
      SGCB 1 of 2
      URCB rcb01 id Events ds - rev 1 trg 25 opt 239 buf 50 ms intg 90000 ms
      LCB lcb01 ds - log - trg 1 intg 0 ms ena true reason true
      LOG Log
      GoCB gcb01 id id ds - rev 1 fixed false min 200 ms max 3000 ms
      MSVCB svcb01 id sv ds - rev 1 mod 0 rate 80 opt 0 asdus 1
    LN GGIO1
      DO Ind1
        DA stVal ST BOOLEAN
        DA q ST QUALITY
        DA d DC VISIBLE_STRING_255
      DO Set ING
        DA setVal SG INT32 = 1
          group 2 = 2
    LN MHAI1
      DO HA
        DO phsAHar[3]
          DA cVal MX CONSTRUCTED
            DA mag MX CONSTRUCTED
              DA f MX FLOAT32
          DA q MX QUALITY
        DA hist[4] ST INT32
          (3) = 9
"
    );
    assert!(model.structurally_equal(&complete()));
    let other = complete();
    other
        .logical_device_by_instance("LD1")
        .unwrap()
        .create_logical_node("LPHD1")
        .unwrap();
    assert!(!model.structurally_equal(&other));
    assert_ne!(model, complete(), "equality is identity");
}
