namespace Nexo.Cli.Bench;

/// <summary>TLS as a URL and the settings beside it ask for it.</summary>
/// <param name="CaFile">PEM file of the authorities that are trusted; null: those of the system.</param>
internal sealed record BenchTls(string ServerName, string? CaFile, string? CertificateFile, string? KeyFile);
