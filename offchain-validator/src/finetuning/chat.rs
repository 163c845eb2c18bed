// SPDX-License-Identifier: Apache-2.0

//! Chat templates: how a model that was trained for conversations is shown a prompt and its response.
//!
//! They are programs in Jinja that come with a tokenizer, in `tokenizer_config.json`, and run here as Hugging Face's
//! library runs them: with the same treatment of line ends and Python's methods on texts. What would not be the same for
//! all validators, such as today's date, there is not.

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::{context, Environment, Error, ErrorKind};
use minijinja_contrib::pycompat::unknown_method_callback;
use serde::Deserialize;

/// Our name for the template. One that ends in `.html` would be escaped.
const NAME: &str = "chat_template";
/// The template that is meant where several are named.
const DEFAULT: &str = "default";

/// What of a `tokenizer_config.json` says how a conversation is written; the rest is passed over.
#[derive(Debug, Default, Deserialize)]
pub struct TokenizerConfig {
	chat_template: Option<Templates>,
	bos_token: Option<Token>,
	eos_token: Option<Token>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Templates {
	One(String),
	Several(Vec<Named>),
}

#[derive(Debug, Deserialize)]
struct Named {
	name: String,
	template: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Token {
	Text(String),
	Added { content: String },
}

/// Writes conversations of one prompt and one response. Cheap to clone.
#[derive(Clone)]
pub struct Chat {
	environment: Arc<Environment<'static>>,
	beginning: String,
	end: String,
}

/// Why a conversation cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
	/// None of the templates is the one that is meant.
	#[error("chat_template: none of the templates is named `{DEFAULT}`")]
	NoDefault,
	/// It is no template, or fails.
	#[error("chat_template")]
	Template(#[from] Error),
	/// The response does not come after the prompt alone.
	#[error(
		"chat_template: a prompt with its response does not begin as the prompt without it: what is to be masked?"
	)]
	Boundary,
}

impl TokenizerConfig {
	/// The token that ends a text, if it names one.
	pub fn end(&self) -> Option<&str> {
		self.eos_token.as_ref().map(Token::text)
	}

	/// Its chat template, if it has one.
	pub fn chat(&self) -> Result<Option<Chat>, ChatError> {
		let template = match &self.chat_template {
			None => return Ok(None),
			Some(Templates::One(template)) => template,
			Some(Templates::Several(all)) => {
				let default = all.iter().find(|named| named.name == DEFAULT);
				&default.ok_or(ChatError::NoDefault)?.template
			},
		};
		let token = |token: &Option<Token>| token.as_ref().map(Token::text).unwrap_or_default().to_owned();
		Chat::new(template.clone(), token(&self.bos_token), token(&self.eos_token)).map(Some)
	}
}

impl Token {
	fn text(&self) -> &str {
		match self {
			Self::Text(text) | Self::Added { content: text } => text,
		}
	}
}

impl Chat {
	fn new(template: String, beginning: String, end: String) -> Result<Self, ChatError> {
		let mut environment = Environment::new();
		environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
		environment.set_unknown_method_callback(unknown_method_callback);
		environment.add_function("raise_exception", raise_exception);
		environment.add_template_owned(NAME, template)?;
		let chat = Self { environment: environment.into(), beginning, end };
		chat.write("a prompt", "a response")?; // What fails on every sample should be told at once.
		Ok(chat)
	}

	/// The conversation as text, and the bytes of it that come before the response.
	pub fn write(&self, prompt: &str, response: &str) -> Result<(String, usize), ChatError> {
		let asked = context! { role => "user", content => prompt };
		let answered = context! { role => "assistant", content => response };
		let before = self.render(vec![asked.clone()], true)?;
		let whole = self.render(vec![asked, answered], false)?;
		match whole.starts_with(&before) {
			true => Ok((whole, before.len())),
			false => Err(ChatError::Boundary),
		}
	}

	/// The messages, with what comes before an answer if one is to follow.
	fn render(&self, messages: Vec<minijinja::Value>, add_generation_prompt: bool) -> Result<String, Error> {
		let (bos_token, eos_token) = (self.beginning.as_str(), self.end.as_str());
		self.environment.get_template(NAME)?.render(context! { messages, add_generation_prompt, bos_token, eos_token })
	}
}

/// What templates call on conversations that they are not made for.
fn raise_exception(message: String) -> Result<String, Error> {
	Err(Error::new(ErrorKind::InvalidOperation, message))
}

#[cfg(test)]
mod tests {
	use serde_json::{json, Value};

	use super::*;

	fn chat(config: Value) -> Result<Option<Chat>, String> {
		let config: TokenizerConfig = serde_json::from_value(config).expect("a configuration");
		config.chat().map_err(|error| crate::one_line(&error))
	}

	fn template(template: &str) -> Result<Chat, String> {
		chat(json!({"chat_template": template, "bos_token": "<s>", "eos_token": {"content": "</s>", "lstrip": false}}))
			.map(|chat| chat.expect("there is one"))
	}

	#[track_caller]
	fn check(text: &str, before: &str, after: &str) {
		let (whole, at) = template(text).expect("a template").write(" Who? ", "Me.").expect("it is written");
		assert_eq!((&whole[..at], &whole[at..]), (before, after));
	}

	/// In the forms in which Llama 3, Zephyr and Mistral are published.
	#[test]
	fn conversations_are_written_as_published() {
		check(
			"{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + \
			 message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}\
			 {% set content = bos_token + content %}{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}\
			 {{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}",
			"<s><|start_header_id|>user<|end_header_id|>\n\nWho?<|eot_id|>\
			 <|start_header_id|>assistant<|end_header_id|>\n\n",
			"Me.<|eot_id|>",
		);
		check(
			"{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] + \
			 eos_token }}\n{% elif message['role'] == 'system' %}\n{{ '<|system|>\n' + message['content'] + eos_token }}\n\
			 {% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}\n\
			 {% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}",
			"<|user|>\n Who? </s>\n<|assistant|>\n",
			"Me.</s>\n",
		);
		check(
			"{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}\
			 {{ raise_exception('roles must alternate') }}{% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + \
			 message['content'].strip() + ' [/INST]' }}{% else %}{{ message['content'] + eos_token + ' ' }}{% endif %}\
			 {% endfor %}",
			"<s>[INST] Who? [/INST]",
			"Me.</s> ",
		);
	}

	#[test]
	fn one_of_several_templates_is_meant() {
		let other = json!({"name": "tool_use", "template": "{{ x"});
		let named = |name: &str| json!([other, {"name": name, "template": "{{ messages[0].content }}"}]);
		assert!(chat(json!({"chat_template": named("default")})).is_ok_and(|chat| chat.is_some()));
		assert!(chat(json!({"chat_template": named("rag")})).is_err_and(|error| error.contains("`default`")));
		assert!(chat(json!({"model_max_length": 8192})).is_ok_and(|chat| chat.is_none()));
	}

	#[test]
	fn a_template_that_cannot_do_is_refused_at_once() {
		for (bad, words) in [
			("{% for", "syntax error"),
			("{{ strftime_now('%d %b %Y') }}", "strftime_now"),
			("{{ raise_exception('no user here') }}", "no user here"),
			("{{ messages[-1].content }}", "does not begin as the prompt"),
		] {
			let refusal = template(bad).err().expect(bad);
			assert!(refusal.contains(words), "{refusal}");
		}
	}
}
