"""What several tests share: tiny trained runs, fake runs, a service in a process of its own."""
