//! Through which product a call reaches its devices: the one that the person named, else the tool's own, else
//! another product that has the same tool and an agent there. What has to reach the machine now goes where
//! it is online.

use jiff::Timestamp;

use crate::directory::{Client, Directory, Product};
use crate::plan::Target;
use crate::planner::Draft;
use crate::tool::twins::{twin, wants_online};
use crate::tool::{Catalogue, Tool};
use crate::words;

pub(super) struct Ways<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) directory: &'a Directory,
    pub(super) now: Timestamp,
}

impl<'a> Ways<'a> {
    /// The tool that is used in the end; `draft` becomes one of it, and `targets` tell whether they are
    /// online there. Else why there is no way, as a sentence.
    pub(super) fn choose(
        &self,
        tool: &'a Tool,
        draft: &mut Draft,
        targets: &mut [Target],
        client: Option<&Client>,
    ) -> Result<&'a Tool, String> {
        let product = self.product(tool, draft, targets, client)?;
        let tool = match twin(tool, &draft.arguments, product, self.catalogue) {
            Some((other, arguments)) if product != tool.product => {
                draft.tool = other.name.clone();
                draft.arguments = arguments;
                other
            }
            _ => tool,
        };
        for target in targets {
            if target.pathway(product).is_some() {
                target.online = self.online(target, product);
            }
            target.called = self.called(target, product);
            target.also = self.others(target, product);
        }
        Ok(tool)
    }

    fn product(
        &self,
        tool: &Tool,
        draft: &Draft,
        targets: &[Target],
        client: Option<&Client>,
    ) -> Result<Product, String> {
        let has_tool = |product: &Product| {
            *product == tool.product
                || twin(tool, &draft.arguments, *product, self.catalogue).is_some()
        };
        let reaches = |product: &Product| reaches(*product, targets, client);
        if let Some(product) = draft.through {
            if !has_tool(&product) {
                return Err(format!("{} has no “{}”.", product.label(), tool.title));
            }
            return match reaches(&product) {
                true => Ok(product),
                false => Err(self.no_way(tool, product, targets, client)),
            };
        }
        let mut ways: Vec<Product> = vec![tool.product];
        ways.extend(Product::ALL.into_iter().filter(|it| *it != tool.product && has_tool(it)));
        ways.retain(reaches);
        let all_online = |product: &&Product| {
            targets.iter().all(|target| self.online(target, **product) == Some(true))
        };
        let online = ways.iter().find(all_online).filter(|_| wants_online(tool));
        match online.or(ways.first()) {
            Some(product) => Ok(*product),
            None => Err(self.no_way(tool, tool.product, targets, client)),
        }
    }

    fn online(&self, target: &Target, product: Product) -> Option<bool> {
        self.directory.device(&target.device)?.pathway(product)?.online
    }

    fn called(&self, target: &Target, product: Product) -> Option<String> {
        self.directory.device(&target.device)?.pathway(product)?.name.clone()
    }

    /// "FS01 (Acme) has no agent of ConnectWise RMM; it is in ConnectWise Automate, which cannot do “Patches”."
    fn no_way(
        &self,
        tool: &Tool,
        product: Product,
        targets: &[Target],
        client: Option<&Client>,
    ) -> String {
        let Some(target) = targets.iter().find(|it| it.pathway(product).is_none()) else {
            let name = client.map_or("the client", |it| it.name.as_str());
            return format!(
                "{name} is not linked to a client of {}; an admin can link it with `countersign link`.",
                product.label()
            );
        };
        let there: Vec<String> = Product::ALL
            .into_iter()
            .filter(|it| target.pathway(*it).is_some())
            .map(|it| it.label().to_owned())
            .collect();
        let rest = match there.is_empty() {
            true => String::new(),
            false => {
                format!("; it is in {}, where “{}” is not there", words::list(&there), tool.title)
            }
        };
        format!("{} has no agent of {}{rest}.", target.label(), product.label())
    }

    /// The other pathways of a target with their state and age.
    fn others(&self, target: &Target, product: Product) -> Vec<String> {
        let Some(device) = self.directory.device(&target.device) else { return Vec::new() };
        let others = Product::ALL.into_iter().filter(|it| *it != product);
        others
            .filter_map(|it| Some((it, device.pathway(it)?)))
            .map(|(it, pathway)| format!("{}: {}", it.label(), pathway.state(self.now)))
            .collect()
    }
}

fn reaches(product: Product, targets: &[Target], client: Option<&Client>) -> bool {
    let known = |client: &Client| match product {
        Product::Rmm => client.rmm.is_some(),
        Product::Automate => client.automate.is_some(),
        Product::Control => true,
    };
    match targets {
        [] => client.is_none_or(known),
        some => some.iter().all(|target| target.pathway(product).is_some()),
    }
}
