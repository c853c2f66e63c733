//! One copy of every text that many devices have. A fleet has few users, systems, models and clients beside
//! its devices, and a device names some twenty of them.

use std::collections::HashSet;
use std::sync::Arc;

use crate::directory::Device;

/// The texts seen so far; to be used for one directory and dropped.
#[derive(Debug, Default)]
pub struct Shared {
    texts: HashSet<Arc<str>>,
}

impl Shared {
    /// Lets `device` use the copies that are there already.
    pub fn within(&mut self, device: &mut Device) {
        self.share(device.client.text_mut());
        if let Some(site) = &mut device.site {
            self.share(site.text_mut());
        }
        let texts = [&mut device.os, &mut device.model];
        texts.into_iter().flatten().for_each(|text| self.share(text));
        device.log_ons.iter_mut().for_each(|it| self.share(&mut it.user));
        device.log_ons.shrink_to_fit();
    }

    fn share(&mut self, text: &mut Arc<str>) {
        match self.texts.get(text.as_ref()) {
            Some(known) => *text = Arc::clone(known),
            None => {
                self.texts.insert(Arc::clone(text));
            }
        }
    }
}
