//! `guichet`: the server, and what its operators do by hand.

use std::{
    io::{Write, stdout},
    net::TcpListener,
    process::ExitCode,
    sync::Arc,
};

use anyhow::Context;
use clap::{Args, Parser, Subcommand, ValueEnum};
use entity::user::{Locale, Role};
use guichet::{
    app::App,
    clock::Clock,
    config::{BadSetting, Config},
    error::Error,
    events, http,
    import::{cli::Arguments, demo},
    people, schema, search,
    session::keys,
};
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `EX_CONFIG` of sysexits.h: a setting cannot be used.
const EXIT_BAD_SETTING: u8 = 78;
const EXIT_FAILURE: u8 = 1;

/// A self-hosted GraphQL backend for user support. Settings come from the environment and from the
/// file that `GUICHET_CONFIG` names.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API.
    Serve {
        /// Make the sample desk first, as `demo` does.
        #[arg(long)]
        demo: bool,
    },
    /// Bring the database up to date, and stop.
    Migrate,
    /// Print the GraphQL schema.
    Schema,
    /// Import tickets, comments, people and articles from a file.
    Import(Box<Arguments>),
    /// Make a desk to look around in, with sample sign-ins.
    Demo,
    /// Sign new access tokens with a new key. Tokens of the old one stay good until they end, and
    /// running servers take the new one up by themselves.
    RotateKeys,
    /// Tell live streams to start over. Do it after a copy of the database was put back: events may
    /// be missing from it that clients have seen. Running servers notice by themselves.
    NewEpoch,
    /// Index again all that can be searched for. Do it after rows were written by other means than Guichet's. Cut short,
    /// it goes on where it was when it is called again, or when a server starts.
    Reindex,
    /// Manage people.
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Subcommand)]
enum UserCommand {
    /// Add somebody. The password is read from the first line of standard input; an empty one makes
    /// an account that nobody can sign in to yet.
    Add(NewUser),
}

#[derive(Args)]
struct NewUser {
    #[arg(long)]
    email: String,
    #[arg(long)]
    name: String,
    #[arg(long, value_enum, default_value = "requester")]
    role: RoleName,
    #[arg(long, default_value = "en")]
    locale: String,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Requester,
    Agent,
    Lead,
    Admin,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    if matches!(cli.command, Command::Schema) {
        return exit(say(&schema::sdl()).map(|()| ExitCode::SUCCESS));
    }
    let config = match Config::from_environment() {
        Ok(config) => config,
        Err(bad) => return refuse(&bad),
    };
    if let Err(bad) = log_as(&config.log) {
        return refuse(&[bad]);
    }
    exit(Box::pin(run(cli.command, config)).await)
}

async fn run(command: Command, config: Config) -> anyhow::Result<ExitCode> {
    let listen = config.listen;
    if matches!(command, Command::Serve { .. }) {
        http::check_documents(&config)?;
    }
    let open = async || App::open(config, Clock::wall()).await;
    match command {
        Command::Serve { demo } => {
            let app = open().await?;
            if demo {
                make_demo(&app).await?;
            }
            let listener =
                TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?;
            serve(app, listener).await?;
        }
        Command::Import(arguments) => return import(*arguments, open).await,
        Command::Demo => make_demo(&*open().await?).await?,
        Command::User(UserCommand::Add(new)) => add_user(&*open().await?, new).await?,
        Command::RotateKeys => keys::rotate_keys(&*open().await?).await?,
        Command::NewEpoch => events::places::new_epoch(&open().await?.store).await?,
        Command::Reindex => search::filling::reindex(&*open().await?).await?,
        Command::Migrate => {
            open().await?;
        }
        Command::Schema => {}
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(app: Arc<App>, listener: TcpListener) -> anyhow::Result<()> {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let server = http::start(Arc::clone(&app), listener, workers)?;
    let address = server.address();
    say(&format!(
        "Guichet listens on http://{address}/graphql\nGraphiQL: http://{address}/graphiql\n"
    ))?;
    server.run_until_signal().await?;
    Ok(app.store.close().await?)
}

/// The file and the options are looked at before the database is.
async fn import(
    arguments: Arguments,
    open: impl AsyncFnOnce() -> anyhow::Result<Arc<App>>,
) -> anyhow::Result<ExitCode> {
    let job = match arguments.open() {
        Ok(job) => job,
        Err(reason) => {
            complain(&reason);
            return Ok(ExitCode::from(EXIT_BAD_SETTING));
        }
    };
    let is_clean = job.run(&*open().await?).await?;
    Ok(if is_clean {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn make_demo(app: &App) -> anyhow::Result<()> {
    let password = demo::demo(app, app.config.demo_password.as_deref()).await?;
    let sign_ins = demo::SIGN_INS.join(", ");
    match password {
        Some(password) => say(&format!(
            "Sample sign-ins: {sign_ins}\nPassword: {password}\n"
        )),
        None => say(&format!(
            "Sample sign-ins, with the password that was shown at first: {sign_ins}\n"
        )),
    }
}

async fn add_user(app: &App, new: NewUser) -> anyhow::Result<()> {
    let mut password = String::new();
    std::io::stdin()
        .read_line(&mut password)
        .context("cannot read the password")?;
    let password = password.trim_end_matches(['\r', '\n']);
    let new = people::commands::NewUser {
        name: new.name,
        email: new.email,
        role: new.role.into(),
        password: (!password.is_empty()).then(|| password.to_owned()),
        organization_id: None,
        team_ids: Vec::new(),
        locale: Some(new.locale),
        time_zone: None,
    };
    match people::commands::add_user(app, new).await {
        Ok(user) => say(&format!("added {}\n", user.name)),
        Err(Error::Refused(refusals)) => {
            let reasons = refusals.iter().map(|refusal| {
                format!(
                    "{}: {}",
                    refusal.field().unwrap_or("user"),
                    refusal.message(Locale::En)
                )
            });
            anyhow::bail!(reasons.collect::<Vec<_>>().join("\n"))
        }
        Err(error) => Err(error.into()),
    }
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Requester => Self::Requester,
            RoleName::Agent => Self::Agent,
            RoleName::Lead => Self::Lead,
            RoleName::Admin => Self::Admin,
        }
    }
}

fn log_as(filter: &str) -> Result<(), BadSetting> {
    let filter = EnvFilter::builder()
        .parse(filter)
        .map_err(|error| BadSetting {
            setting: "GUICHET_LOG".to_owned(),
            why: error.to_string(),
        })?;
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

fn refuse(bad: &[BadSetting]) -> ExitCode {
    for bad in bad {
        complain(&bad.to_string());
    }
    ExitCode::from(EXIT_BAD_SETTING)
}

fn exit(result: anyhow::Result<ExitCode>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) => {
            complain(&format!("{error:#}"));
            let is_bad_setting = error.is::<BadSetting>();
            ExitCode::from(if is_bad_setting {
                EXIT_BAD_SETTING
            } else {
                EXIT_FAILURE
            })
        }
    }
}

/// Where standard error is gone there is nobody to tell.
fn complain(text: &str) {
    let _nobody_reads = writeln!(std::io::stderr(), "guichet: {text}");
}
