//! The rights of the integrator user, by the names an admin finds in the product.

/// What a call needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// Any account that may sign in.
    SignIn,
    Clients,
    Computers,
    Alerts,
    ClearAlerts,
    Scripts,
    RunScripts,
    History,
    Installers,
}

impl Right {
    /// Where to grant it. Source: the vendor's file names the rights, a partner's setup page their place.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::SignIn => "to use the API (Integrator ticked on the user)",
            Self::Clients => "Clients → Read and Clients → Show All (Core tab of its user class)",
            Self::Computers => {
                "Computers → Show All (Core tab of its user class), and the computer's groups"
            }
            Self::Alerts => "Alerts → Update (Core tab of its user class)",
            Self::ClearAlerts => {
                "Alerts → Update and Delete All (Core tab of its user class), and Clear Alerts for the computer's groups"
            }
            Self::Scripts => {
                "Scripts → Read (Core tab of its user class), and its user class on the script itself"
            }
            Self::RunScripts => {
                "Scripts → Schedule Scripts Update and Searches → Send Commands (Core tab of its user class), and Schedule Scripts for the computer's groups"
            }
            Self::History => "History and View Commands for the computer's groups",
            Self::Installers => "to make agent installers for the computer's location",
        }
    }
}
