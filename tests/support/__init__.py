"""What several test folders share: paths, instances, processes."""
