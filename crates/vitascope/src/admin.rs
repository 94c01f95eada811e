//! `vitascope admin`: what an operator does to accounts.

use crate::settings::ServeFlags;
use clap::{Args, Subcommand};
use domain::Role;
use domain::text::Email;
use server::admin;
use std::process::ExitCode;

/// The arguments of `admin`.
#[derive(Debug, Args)]
pub(crate) struct AdminArguments {
    #[command(subcommand)]
    word: Word,
    #[command(flatten)]
    settings: ServeFlags,
}

#[derive(Debug, Subcommand)]
enum Word {
    /// Change what an account may do
    Role {
        /// User name or e-mail address
        login: String,
        /// admin, moderator or user
        role: String,
    },
    /// Give an account a new password, print it, and end all its sessions: for one that was forgotten, and after a rebuild
    ResetPassword {
        /// User name or e-mail address
        login: String,
        /// A new e-mail address
        #[arg(long)]
        email: Option<String>,
        /// A new role: admin, moderator or user
        #[arg(long)]
        role: Option<String>,
    },
}

pub(crate) fn admin(arguments: &AdminArguments) -> anyhow::Result<ExitCode> {
    let config = arguments.settings.config()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match &arguments.word {
        Word::Role { login, role } => {
            let role = parse(role)?;
            runtime.block_on(admin::set_role(&config, login, role))?;
            println!("{login} is {role} now.");
        }
        Word::ResetPassword { login, email, role } => {
            let email = email.as_deref().map(Email::parse).transpose()?;
            let role = role.as_deref().map(parse).transpose()?;
            let reset = admin::reset_password(&config, login, email.as_ref(), role);
            println!("{}", runtime.block_on(reset)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn parse(role: &str) -> anyhow::Result<Role> {
    role.parse().map_err(|_| anyhow::anyhow!("a role is admin, moderator or user"))
}
