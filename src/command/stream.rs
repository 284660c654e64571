//! `--all` on a stream: blocks are read one after the other, worked on by all cores, and written in their order. Memory does not grow with the
//! stream.

use crate::convex::Cache;
use crate::gather::terminal;
use crate::stream::{self, BLOCK, Done, Form, Job};
use crate::token::Digests;
use std::collections::{BTreeMap, HashSet};
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Tokens that are remembered, so that one that comes again is not judged again. Beyond, all are forgotten at once.
const REMEMBERED: usize = 1 << 20;

/// Which block comes next, and the tokens of those before it.
#[derive(Default)]
struct Turn {
    next: usize,
    seen: HashSet<u128>,
}

/// Reads the stream to its end. The result is the exit code.
pub(super) fn run(
    head: Vec<u8>,
    rest: &mut (dyn Read + Send),
    job: &Job<'_>,
    form: Form,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let (blocks, taken) = sync_channel::<(usize, Vec<u8>)>(workers);
    let (empty, emptied) = channel::<Vec<u8>>();
    let (lines, finished) = sync_channel::<(usize, Done)>(workers * 2);
    let taken = Arc::new(Mutex::new(taken));
    let turn = (Mutex::new(Turn::default()), Condvar::new());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            let (taken, lines, empty) = (Arc::clone(&taken), lines.clone(), empty.clone());
            let turn = &turn;
            scope.spawn(move || work(&taken, &lines, &empty, turn, job, form));
        }
        drop(lines);
        let reader = scope.spawn(move || feed(head, rest, &blocks, &emptied));
        let code = collect(&finished, out, err);
        // Whoever stops reading stops the rest: without a receiver the workers end, and without workers the reader.
        drop(finished);
        drop(taken);
        let read = reader
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the reader ended early")));
        let code = code?;
        read.map(|()| code)
    })
}

/// Cuts the stream into blocks. Their memory is used again when they were worked on: new memory costs more than reading.
fn feed(
    mut buffer: Vec<u8>,
    rest: &mut (dyn Read + Send),
    blocks: &SyncSender<(usize, Vec<u8>)>,
    emptied: &Receiver<Vec<u8>>,
) -> io::Result<()> {
    let mut number = 0;
    buffer.reserve(BLOCK);
    let mut send = |block: Vec<u8>| {
        number += 1;
        blocks.send((number - 1, block)).is_ok()
    };
    loop {
        while buffer.len() >= BLOCK
            && let Some(end) = stream::cut(&buffer)
        {
            let mut next = emptied
                .try_recv()
                .unwrap_or_else(|_| Vec::with_capacity(2 * BLOCK));
            next.clear();
            next.extend_from_slice(buffer.get(end..).unwrap_or_default());
            buffer.truncate(end);
            if !send(std::mem::replace(&mut buffer, next)) {
                return Ok(());
            }
        }
        let read = rest.take(BLOCK as u64).read_to_end(&mut buffer)?;
        if read == 0 {
            send(buffer);
            return Ok(());
        }
    }
}

/// Works on blocks until there are no more.
fn work(
    taken: &Mutex<Receiver<(usize, Vec<u8>)>>,
    lines: &SyncSender<(usize, Done)>,
    empty: &Sender<Vec<u8>>,
    turn: &(Mutex<Turn>, Condvar),
    job: &Job<'_>,
    form: Form,
) {
    let mut cache = Cache::default();
    loop {
        let next = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, block)) = next else {
            return;
        };
        let mut tokens = stream::tokens(&block);
        // Which token is new is decided in the order of the stream.
        let (lock, changed) = turn;
        let waiting = lock.lock().unwrap_or_else(PoisonError::into_inner);
        let mut own = changed
            .wait_while(waiting, |turn| turn.next != number)
            .unwrap_or_else(PoisonError::into_inner);
        if own.seen.len() >= REMEMBERED {
            own.seen.clear();
        }
        tokens.retain(|found| own.seen.insert(half(&found.digests)));
        own.next += 1;
        drop(own);
        changed.notify_all();
        let done = stream::lines(&tokens, job, form, &mut cache);
        drop(tokens);
        // The reader may have ended.
        let _ = empty.send(block);
        if lines.send((number, done)).is_err() {
            return;
        }
    }
}

/// Half of a SHA-256: enough to tell tokens apart, whoever made them.
fn half(digests: &Digests) -> u128 {
    digests
        .whole
        .as_ref()
        .first_chunk()
        .map_or(0, |half| u128::from_be_bytes(*half))
}

/// Writes what is finished in its order, and counts.
fn collect(
    finished: &Receiver<(usize, Done)>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let shows = terminal::has_progress();
    let (mut next, mut tokens, mut exit) = (0, 0, 0);
    let mut waiting = BTreeMap::new();
    for (number, done) in finished {
        waiting.insert(number, done);
        while let Some(done) = waiting.remove(&next) {
            next += 1;
            tokens += done.tokens;
            exit = stream::worse(exit, done.exit);
            out.write_all(done.text.as_bytes())?;
            if shows && next % 64 == 0 {
                write!(err, "\r{tokens} tokens …")?;
                err.flush()?;
            }
        }
    }
    out.flush()?;
    if shows && next >= 64 {
        write!(err, "\r")?;
    }
    writeln!(err, "clerkcheck: {tokens} different tokens")?;
    Ok(if tokens == 0 { 2 } else { exit })
}
