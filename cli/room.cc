namespace spanwise { extern const int k_cli_placeholder = 0; }
