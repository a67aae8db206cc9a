"""Microsoft's identity servers around the Azure workspace: Entra, managed identities, Key Vault, GitHub's issuer."""
