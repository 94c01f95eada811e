//! Accounts and their channels.

use crate::{Result, Store, Tx};
use domain::text::{Email, Username};
use domain::{AccountId, ChannelId, Micros, Role, Secret};

/// An account.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Account {
    /// Names it.
    #[sqlx(try_from = "String")]
    pub id: AccountId,
    /// The login name.
    pub username: String,
    /// Where mail goes.
    pub email: String,
    /// PHC string of argon2id.
    #[sqlx(try_from = "String")]
    pub password_hash: Secret,
    /// What it may do.
    #[sqlx(try_from = "String")]
    pub role: Role,
    /// When it was made.
    #[sqlx(try_from = "i64")]
    pub created_at: Micros,
}

/// A channel: where an account's videos appear.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Channel {
    /// Names it.
    #[sqlx(try_from = "String")]
    pub id: ChannelId,
    /// Whose it is.
    #[sqlx(try_from = "String")]
    pub account_id: AccountId,
    /// Unique, in URLs.
    pub handle: String,
    /// For people.
    pub name: String,
}

/// What registration writes.
pub struct NewAccount<'a> {
    /// Names the account.
    pub id: AccountId,
    /// Names its first channel.
    pub channel: ChannelId,
    /// The login name, and the channel's handle.
    pub username: &'a Username,
    /// Where mail goes.
    pub email: &'a Email,
    /// PHC string of argon2id.
    pub password_hash: &'a str,
    /// Now.
    pub now: Micros,
}

impl Store {
    /// How many accounts there are.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_count(&self) -> Result<i64> {
        Ok(self.db.one::<(i64,)>("SELECT COUNT(*) FROM account", ()).await?.0)
    }

    /// The account that signs in as `login`: a user name or an e-mail address, in lower case.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_by_login(&self, login: &str) -> Result<Option<Account>> {
        self.db.opt("SELECT * FROM account WHERE username = $1 OR email = $1", (login,)).await
    }

    /// An account by its identifier.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account(&self, id: &AccountId) -> Result<Option<Account>> {
        self.db.opt("SELECT * FROM account WHERE id = $1", (id.as_str(),)).await
    }

    /// The account's first channel; every account has one.
    ///
    /// # Errors
    /// When the database fails or the account does not exist.
    pub async fn first_channel(&self, account: &AccountId) -> Result<Channel> {
        self.db
            .one(
                "SELECT * FROM channel WHERE account_id = $1 ORDER BY created_at, id LIMIT 1",
                (account.as_str(),),
            )
            .await
    }
}

impl Tx {
    /// Makes an account with its channel. The very first account of an instance becomes its admin.
    ///
    /// # Errors
    /// [`Error::Taken`](crate::Error::Taken) when the user name, handle or address exists.
    pub async fn insert_account(&mut self, new: &NewAccount<'_>) -> Result<Role> {
        let (others,) = self.one::<(i64,)>("SELECT COUNT(*) FROM account", ()).await?;
        let role = if others == 0 { Role::Admin } else { Role::User };
        let (name, now) = (new.username.as_str(), new.now.0);
        self.run(
            "INSERT INTO account (id, username, email, password_hash, role, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
            (new.id.as_str(), name, new.email.as_str(), new.password_hash, role.as_str(), now),
        )
        .await?;
        self.run(
            "INSERT INTO channel (id, account_id, handle, name, created_at) VALUES ($1, $2, $3, $3, $4)",
            (new.channel.as_str(), new.id.as_str(), name, now),
        )
        .await?;
        Ok(role)
    }

    /// Changes what an account may do; `false` when there is no such account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_role(&mut self, account: &AccountId, role: Role) -> Result<bool> {
        let rows =
            self.run("UPDATE account SET role = $2 WHERE id = $1", (account.as_str(), role.as_str())).await?;
        Ok(rows == 1)
    }

    /// Changes an account's e-mail address; `false` when there is no such account.
    ///
    /// # Errors
    /// [`Error::Taken`](crate::Error::Taken) when another account has it.
    pub async fn set_email(&mut self, account: &AccountId, email: &Email) -> Result<bool> {
        let rows = self
            .run("UPDATE account SET email = $2 WHERE id = $1", (account.as_str(), email.as_str()))
            .await?;
        Ok(rows == 1)
    }

    /// Changes an account's password; `false` when there is no such account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_password(&mut self, account: &AccountId, hash: &str) -> Result<bool> {
        let rows =
            self.run("UPDATE account SET password_hash = $2 WHERE id = $1", (account.as_str(), hash)).await?;
        Ok(rows == 1)
    }
}
