//! Ends the connections of chunked bodies that nobody reads to their end.
//!
//! actix reads on through a chunked body that its handler has dropped, for as long as its client keeps it waiting: a
//! stranger could hold a connection for ever. A body that is still there when the answer has been sent makes actix close the
//! connection instead, as it does where the length was announced.

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::Rc,
    task::Poll,
    time::Duration,
};

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    middleware::Next,
    rt::{spawn, time::sleep},
};
use futures_util::{Stream, stream::poll_fn};

/// How long an unread body is kept, which is as long as its client may take to read the answer.
const KEPT: Duration = Duration::from_secs(15);

/// The middleware: `App::wrap(from_fn(end_unread))`.
pub async fn end_unread<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if !request.chunked().unwrap_or(false) {
        return next.call(request).await;
    }
    let body = Rc::new(RefCell::new(request.take_payload()));
    let read = Rc::new(Cell::new(false));
    let (shared, ended) = (Rc::clone(&body), Rc::clone(&read));
    let passed_on = poll_fn(move |context| {
        let part = Pin::new(&mut *shared.borrow_mut()).poll_next(context);
        ended.set(matches!(part, Poll::Ready(None)));
        part
    });
    request.set_payload(Payload::Stream { payload: Box::pin(passed_on) });
    let answer = next.call(request).await;
    if !read.get() {
        spawn(async move {
            sleep(KEPT).await;
            drop(body);
        });
    }
    answer
}
