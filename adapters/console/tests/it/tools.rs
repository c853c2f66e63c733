use axum::http::StatusCode;

use crate::support::world::World;

const TOOL: &str = "connectwise_rmm:cw-rmm-script-disk-cleanup";

#[tokio::test]
async fn tools_are_grouped_with_their_policies() {
    let world = World::demo().await;
    let page = world.browser("vic").get("/tools").await;
    for text in [
        "ConnectWise RMM",
        "ConnectWise Automate",
        "ConnectWise Control",
        "Built in (3)",
        "Scripts (2)",
        TOOL,
    ] {
        assert!(page.body.contains(text), "{text}");
    }
    assert!(page.body.contains("8 of 8 tools"));
}

#[tokio::test]
async fn searching_narrows_the_list() {
    let world = World::demo().await;
    let page = world.browser("vic").get("/tools?q=temporary%20DISK").await;
    assert!(page.body.contains("1 of 8 tools") && page.body.contains(TOOL));
    assert!(!page.body.contains("cw-rmm-list-devices"));
    let none = world.browser("vic").get("/tools?q=zzz").await;
    assert!(none.body.contains("0 of 8 tools"));
}

#[tokio::test]
async fn only_an_admin_is_offered_to_change_policies() {
    let world = World::demo().await;
    let vic = world.browser("vic").get("/tools").await;
    assert!(!vic.body.contains("<select") && !vic.body.contains("/tools/policy"));
    assert!(vic.body.contains("which Vic does not have"));
    let olga = world.browser("olga").get("/tools").await;
    assert!(olga.body.contains("<select") && olga.body.contains(">Save</button>"));
}

#[tokio::test]
async fn a_person_without_the_role_cannot_set_policies_by_hand_either() {
    let world = World::demo().await;
    for person in ["ana", "ben", "mara", "vic"] {
        let answer = world
            .browser(person)
            .post("/tools/policy", &[("tool", TOOL), ("policy", "auto")])
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{person}");
        assert!(answer.body.contains("role admin"), "{person}");
    }
    assert!(world.store.with(|state| state.policies.set.is_empty()));
}

#[tokio::test]
async fn an_admin_comes_back_to_the_tool_that_was_changed() {
    let world = World::demo().await;
    let olga = world.browser("olga");
    let fields = [("tool", TOOL), ("policy", "never"), ("q", "disk clean")];
    let answer = olga.post("/tools/policy", &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let location = answer.header("location").to_owned();
    assert!(location.starts_with("/tools?q=disk%20clean&saved=connectwise_rmm%3A"), "{location}");
    let (path, anchor) = location.split_once('#').unwrap();
    let page = olga.get(path).await;
    assert!(page.body.contains(&format!("id=\"{anchor}\"")));
    assert!(page.body.contains("Saved"));
}

#[tokio::test]
async fn an_unknown_tool_or_policy_is_refused() {
    let world = World::demo().await;
    let olga = world.browser("olga");
    let unknown = olga.post("/tools/policy", &[("tool", "x:y"), ("policy", "auto")]).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    let wrong = olga.post("/tools/policy", &[("tool", TOOL), ("policy", "always")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_technician_halts_and_only_a_manager_or_admin_resumes() {
    let world = World::demo().await;
    let halt = [("switch", "halt"), ("kind", "everything"), ("name", ""), ("reason", "incident")];
    let resume = [("switch", "resume"), ("kind", "everything"), ("name", "")];
    let vic = world.browser("vic");
    assert_eq!(vic.post("/halt", &halt).await.status, StatusCode::FORBIDDEN);
    assert!(!vic.get("/tools").await.body.contains("action=\"/halt\""));
    let ana = world.browser("ana");
    assert_eq!(ana.post("/halt", &halt).await.status, StatusCode::SEE_OTHER);
    let page = ana.get("/tools").await;
    assert!(page.body.contains("Everything") && page.body.contains("incident"));
    assert!(!page.body.contains(">Resume</button>"));
    assert_eq!(ana.post("/halt", &resume).await.status, StatusCode::FORBIDDEN);
    let olga = world.browser("olga");
    assert!(olga.get("/tools").await.body.contains(">Resume</button>"));
    assert_eq!(olga.post("/halt", &resume).await.status, StatusCode::SEE_OTHER);
    assert!(olga.get("/tools").await.body.contains("Nothing is halted."));
    let unknown = [("switch", "halt"), ("kind", "person"), ("name", "nobody")];
    assert_eq!(olga.post("/halt", &unknown).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = [("switch", "halt"), ("kind", "client"), ("name", "")];
    assert_eq!(olga.post("/halt", &wrong).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn rules_are_for_admins_and_keep_what_was_typed() {
    let world = World::demo().await;
    let refused = world.browser("ana").get("/rules").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("role admin"));
    let page = world.browser("olga").get("/rules").await;
    assert!(page.body.contains("Rules of the console, written as in the configuration file"));
    // This console has nobody who can read rules, which is told and not guessed around.
    let text = "[[rules]]\r\ntool = \"<*>\"\r\n";
    for act in ["try", "save"] {
        let fields = [("text", text), ("seen", "0"), ("act", act)];
        let page = world.browser("olga").post("/rules", &fields).await;
        assert!(page.body.contains("nobody here can read rules"), "{}", page.body);
        assert!(
            page.body.contains("tool = &quot;&lt;*&gt;&quot;"),
            "the text is kept: {}",
            page.body
        );
    }
    let denied =
        world.browser("ana").post("/rules", &[("text", ""), ("seen", "0"), ("act", "save")]).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
}
