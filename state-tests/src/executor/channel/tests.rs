use super::{ChannelSettings, Inbound, Matrix, Message, Received, channel};

const SMALL: ChannelSettings = ChannelSettings {
    batch: 2,
    capacity: 1,
};

fn batches(inbound: &Inbound<u32>) -> Vec<Vec<u32>> {
    std::iter::from_fn(|| match inbound.poll() {
        Received::Message(Message::Batch(batch)) => Some(batch),
        _ => None,
    })
    .collect()
}

#[test]
fn records_travel_in_batches_and_a_flush_sends_the_rest() {
    let (mut out, inbound) = channel(SMALL);
    out.push(1).unwrap();
    assert!(batches(&inbound).is_empty());
    out.push(2).unwrap();
    assert_eq!(batches(&inbound), [[1, 2]]);
    out.push(3).unwrap();
    out.flush().unwrap();
    assert_eq!(batches(&inbound), [[3]]);
}

#[test]
fn a_full_channel_holds_its_sender_back() {
    let (mut out, inbound) = channel(SMALL);
    let sender = std::thread::spawn(move || {
        for record in 0..100 {
            out.push(record).unwrap();
        }
    });
    let mut seen = Vec::new();
    while seen.len() < 100 {
        seen.extend(batches(&inbound).into_iter().flatten());
    }
    sender.join().unwrap();
    assert_eq!(seen, (0..100).collect::<Vec<_>>());
}

#[test]
fn capacity_bounds_what_waits() {
    let (mut out, inbound) = channel(SMALL);
    out.push(1).unwrap();
    out.push(2).unwrap();
    out.push(3).unwrap();
    let blocked = std::thread::spawn(move || out.push(4));
    let mut seen = Vec::new();
    while seen.len() < 4 {
        let found = batches(&inbound);
        assert!(found.len() <= 2);
        seen.extend(found.into_iter().flatten());
    }
    blocked.join().unwrap().unwrap();
}

#[test]
fn either_end_notices_that_the_other_has_gone() {
    let (out, inbound) = channel::<u32>(SMALL);
    drop(out);
    assert!(matches!(inbound.poll(), Received::Gone));
    let (mut out, inbound) = channel(SMALL);
    drop(inbound);
    out.push(1).unwrap();
    let error = out.push(2).unwrap_err();
    assert_eq!(error.kind(), alluvium::ErrorKind::Cancelled);
}

#[test]
fn emptied_batches_are_used_again() {
    let (mut out, inbound) = channel(SMALL);
    out.push(1).unwrap();
    out.push(2).unwrap();
    let Received::Message(Message::Batch(batch)) = inbound.poll() else {
        panic!("a batch");
    };
    let address = batch.as_ptr();
    inbound.recycle(batch);
    out.push(3).unwrap();
    out.push(4).unwrap();
    let Received::Message(Message::Batch(batch)) = inbound.poll() else {
        panic!("a batch");
    };
    assert_eq!(batch.as_ptr(), address);
}

#[test]
fn a_matrix_connects_every_pair_once() {
    let mut matrix = Matrix::full(2, 3, SMALL);
    let mut senders = matrix.take_senders(1);
    assert_eq!(senders.len(), 3);
    assert!(matrix.take_senders(1).is_empty());
    senders[2].push(7).unwrap();
    senders[2].flush().unwrap();
    let receivers = matrix.take_receivers(2);
    assert_eq!(receivers.len(), 2);
    assert!(batches(&receivers[0]).is_empty());
    assert_eq!(batches(&receivers[1]), [[7]]);
}
