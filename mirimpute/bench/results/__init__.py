"""Result rows and the folder that keeps them: the benchmark writes them, the report reads them."""
