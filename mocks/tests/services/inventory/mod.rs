mod concurrency;
mod expiry;
mod fixture;
mod product_files;
mod reserve;
mod revise;
