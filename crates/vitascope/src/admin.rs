//! `vitascope admin`: what an operator does to accounts.

use crate::settings::ServeFlags;
use clap::{Args, Subcommand};
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
    /// Give an account a new password, print it, and end all its sessions
    ResetPassword {
        /// User name or e-mail address
        login: String,
    },
}

pub(crate) fn admin(arguments: &AdminArguments) -> anyhow::Result<ExitCode> {
    let config = arguments.settings.config()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match &arguments.word {
        Word::Role { login, role } => {
            let role = role.parse().map_err(|_| anyhow::anyhow!("a role is admin, moderator or user"))?;
            runtime.block_on(admin::set_role(&config, login, role))?;
            println!("{login} is {role} now.");
        }
        Word::ResetPassword { login } => {
            println!("{}", runtime.block_on(admin::reset_password(&config, login))?);
        }
    }
    Ok(ExitCode::SUCCESS)
}
