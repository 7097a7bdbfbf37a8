use super::*;

const GOOD: &str = "1,UA,1,N1,EWR,IAH,2,11,1400";

fn text(lines: &[&str]) -> Vec<u8> {
    let mut text = line::header();
    for line in lines {
        text.push('\n');
        text.push_str(line);
    }
    text.into_bytes()
}

fn refused(text: &[u8]) -> String {
    match Input::new(text.to_vec(), false) {
        Ok(_) => panic!("it was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn ranges_are_all_lines_once() {
    let long = "1,AA,1,N12345,EWR,IAHX,-200,11,1400";
    for lines in 0..40 {
        let lines: Vec<&str> = (0..lines)
            .map(|n| if n % 3 == 0 { long } else { GOOD })
            .collect();
        let input = Input::new(text(&lines), false).unwrap();
        assert_eq!(input.lines(), lines.len() as u64);
        for count in [1, 2, 3, 7, 64] {
            let (mut line, mut start) = (0, input.body as u64);
            for range in input.ranges(count) {
                assert_eq!((range.start, range.first_line), (start, line));
                let bytes = input.bytes(range.start, range.end).unwrap();
                assert_eq!(bytes.last(), Some(&b'\n'));
                line += memchr_iter(b'\n', bytes).count() as u64;
                start = range.end;
            }
            assert_eq!(line, input.lines());
            assert_eq!(start, input.text.len() as u64);
        }
    }
}

#[test]
fn malformed_lines_are_named_or_counted() {
    let lines = text(&[GOOD, "x", GOOD, "y"]);
    assert!(refused(&lines).contains("line 3 is malformed"));
    let input = Input::new(lines, true).unwrap();
    assert_eq!((input.lines(), input.bad_lines()), (4, 2));
    let mut bytes = text(&[GOOD]);
    bytes.extend_from_slice(b"\n\xff\xfe\n1,\xff,1,N1,EWR,IAH,2,11,1400\n");
    bytes.extend_from_slice(GOOD.as_bytes());
    let input = Input::new(bytes, true).unwrap();
    assert_eq!((input.lines(), input.bad_lines()), (4, 2));
}

#[test]
fn what_is_no_input_is_refused() {
    assert!(refused(b"").contains("has no header"));
    assert!(refused(b"a,b\n1,2\n").contains("begins with 'a,b'"));
    let with_cr_lf = String::from_utf8(text(&[GOOD]))
        .unwrap()
        .replace('\n', "\r\n");
    let told = refused(with_cr_lf.as_bytes());
    assert!(
        told.contains("line 1 ends in") && told.contains("(CR LF)"),
        "{told}"
    );
    let mut bytes = text(&[GOOD]);
    bytes.extend_from_slice(b"\n\xff\xfe");
    assert!(refused(&bytes).contains("line 3 is the first"));
}

#[test]
fn an_input_of_a_header_has_no_lines() {
    let input = Input::new(text(&[]), false).unwrap();
    assert_eq!(input.lines(), 0);
    assert_eq!(input.ranges(8), []);
}
