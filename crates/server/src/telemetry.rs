//! What the program tells about itself while it runs: a line an event, on standard error.
//!
//! Secrets are types that do not print themselves, so nothing here has to know them. A line break inside an event is
//! escaped: whoever sends one must not be able to forge a line.

use std::io::{self, IsTerminal as _, Write};

use tracing_subscriber::{
    EnvFilter, fmt::MakeWriter, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use crate::config::{Format, Log};

/// Begins telling. Later calls change nothing.
pub(crate) fn start(log: &Log) {
    let filter = log.filter().unwrap_or_else(|| EnvFilter::new("info"));
    let terminal = io::stderr().is_terminal();
    let json = match log.format {
        Format::Auto => !terminal,
        Format::Human => false,
        Format::Json => true,
    };
    let registry = tracing_subscriber::registry().with(filter);
    let layer = tracing_subscriber::fmt::layer();
    let started = if json {
        let layer = layer.json().flatten_event(true).with_current_span(true).with_span_list(false);
        registry.with(layer.with_writer(io::stderr)).try_init()
    } else {
        registry.with(layer.with_ansi(terminal).with_writer(OneLine(io::stderr))).try_init()
    };
    if let Err(error) = started {
        tracing::debug!(%error, "telemetry had started before");
    }
}

/// Writers that put each event on one line. JSON needs none of this: it escapes by itself.
#[derive(Clone, Copy, Debug)]
struct OneLine<M>(M);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for OneLine<M> {
    type Writer = OneLineWriter<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        OneLineWriter(self.0.make_writer())
    }
}

/// Escapes line breaks but the one that ends the event; an event arrives in one piece.
struct OneLineWriter<W>(W);

impl<W: Write> Write for OneLineWriter<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let (text, end) = match event.split_last() {
            Some((b'\n', text)) => (text, &b"\n"[..]),
            _ => (event, &b""[..]),
        };
        let mut line = Vec::with_capacity(event.len() + 8);
        for byte in text {
            match byte {
                b'\n' => line.extend_from_slice(b"\\n"),
                b'\r' => line.extend_from_slice(b"\\r"),
                byte => line.push(*byte),
            }
        }
        line.extend_from_slice(end);
        self.0.write_all(&line)?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        let memory = Memory::default();
        let writer = memory.clone();
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(OneLine(move || writer.clone()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info!(name = %"Eve\r\n2026-01-01 INFO all is well", "signed up\nreally");
            tracing::info!("next");
        });
        let text = String::from_utf8(memory.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(text.contains(r"Eve\r\n2026") && text.contains(r"signed up\nreally"), "{text}");
        assert!(!text.contains('\r'));
    }
}
