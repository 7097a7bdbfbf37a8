//! A keyed backend belongs to one thread at a time.

use alluvium::KeyedBackend;

fn to_another_thread<T: Send>(_: T) {}

fn share<B: KeyedBackend>(backend: B) {
    to_another_thread(&backend);
    to_another_thread(backend);
}

fn main() {}
