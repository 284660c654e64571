//! One conversation over a WebSocket (RFC 6455), on a connection that is made under the same policy as every other request.

use super::api::Api;
use super::{FetchSetupError, Room, classify, guard, warm_up};
use crate::answer::Fault;
use crate::censor::Censor;
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::{CONNECTION, UPGRADE};
use serde_json::Value;
use tokio::time::timeout_at;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use url::Url;

/// The most bytes that are read, in one message and in all. How many messages come before the one that decides is the deployment's matter.
const MOST: usize = super::MAX_BODY;

/// What was heard.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    /// The messages that are JSON, in their order.
    pub messages: Vec<Value>,
    /// How it ended.
    pub ended: Ended,
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The other side closed, with this code and reason; or we did, when we had heard enough.
    Closed(u16, String),
    /// The time ran out.
    Silent,
    /// The connection broke.
    Broken(String),
}

/// A random id in the form of a UUID (RFC 9562, version 4).
pub fn session_id() -> String {
    let mut bytes = [0_u8; 16];
    // Without randomness it is no less an id: the deployment tells sessions apart, nothing more.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

impl Api {
    /// Opens a WebSocket at an `http` or `https` URL, sends the messages, and listens until one decides, the other side closes, or the time runs
    /// out. What was heard is without secrets.
    pub fn converse(
        &self,
        url: &Url,
        messages: &[Secret],
        censor: Censor<'_>,
        decides: &dyn Fn(&Value) -> bool,
    ) -> Result<Result<Conversation, Fault>, FetchSetupError> {
        let (room, runtime) = self.parts();
        if let Err(why) = guard::may_fetch(url, &room.policy) {
            return Ok(Err(Fault::Forbidden(why)));
        }
        warm_up();
        let Some(runtime) = runtime else {
            return Ok(Err(Fault::Unreachable("the runtime has ended".to_owned())));
        };
        let talked = runtime.block_on(converse(room, url, messages, decides))?;
        Ok(talked.map(|mut conversation| {
            for message in &mut conversation.messages {
                censor.json(message);
            }
            if let Ended::Closed(_, words) | Ended::Broken(words) = &mut conversation.ended
                && let Some(clean) = censor.text(words)
            {
                *words = clean;
            }
            conversation
        }))
    }
}

async fn converse(
    room: &Room,
    url: &Url,
    messages: &[Secret],
    decides: &dyn Fn(&Value) -> bool,
) -> Result<Result<Conversation, Fault>, FetchSetupError> {
    let deadline = room.deadline;
    let host = url.host_str().unwrap_or_default();
    let mut nonce = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut nonce)
        .map_err(|_| FetchSetupError::Runtime("no random numbers".to_owned()))?;
    let key = STANDARD.encode(nonce);
    let request = room
        .client(url, &room.policy)?
        .get(url.clone())
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", &key);
    let response = match room.answer(request.send(), host).await {
        Ok(response) => response,
        Err(fault) => return Ok(Err(fault)),
    };
    let accepted = response
        .headers()
        .get("Sec-WebSocket-Accept")
        .and_then(|value| value.to_str().ok());
    if response.status() != 101 || accepted != Some(&derive_accept_key(key.as_bytes())) {
        return Ok(Err(Fault::Protocol(format!(
            "status {} instead of a WebSocket",
            response.status().as_u16()
        ))));
    }
    let upgraded = match timeout_at(deadline, response.upgrade()).await {
        Err(_) => return Ok(Err(Fault::TimedOut("opening the WebSocket".to_owned()))),
        Ok(Err(error)) => return Ok(Err(classify::fault(&error, "opening the WebSocket"))),
        Ok(Ok(upgraded)) => upgraded,
    };
    let config = WebSocketConfig::default()
        .max_message_size(Some(MOST))
        .max_frame_size(Some(MOST));
    let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(config)).await;
    let mut heard = Vec::new();
    let talk = async {
        for message in messages {
            socket.send(Message::text(message.expose())).await?;
        }
        let mut read = 0;
        while let Some(message) = socket.next().await {
            let message = message?;
            read += message.len();
            if read > MOST {
                let why = "more than 1 MiB came, and nothing of it about the token";
                return Ok(Ended::Broken(why.to_owned()));
            }
            match message {
                Message::Text(text) => {
                    let Ok(value) = serde_json::from_str::<Value>(&text) else {
                        continue;
                    };
                    let is_last = decides(&value);
                    heard.push(value);
                    if is_last {
                        let _ = socket.close(None).await;
                        return Ok(Ended::Closed(1000, String::new()));
                    }
                }
                Message::Close(Some(frame)) => {
                    let reason = frame.reason.as_str().to_owned();
                    return Ok(Ended::Closed(frame.code.into(), reason));
                }
                _ => {}
            }
        }
        Ok::<_, tokio_tungstenite::tungstenite::Error>(Ended::Closed(1006, String::new()))
    };
    let ended = match timeout_at(deadline, talk).await {
        Err(_) => Ended::Silent,
        Ok(Ok(ended)) => ended,
        Ok(Err(error)) => Ended::Broken(error.to_string()),
    };
    Ok(Ok(Conversation {
        messages: heard,
        ended,
    }))
}

#[cfg(test)]
mod tests {
    use super::session_id;

    #[test]
    fn a_session_id_is_a_uuid() {
        let id = session_id();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(&id[14..15], "4");
    }
}
