namespace Nexo.Server.Settings;

/// <summary>A value that somebody wrote somewhere, not yet checked.</summary>
/// <param name="Name">The setting that is meant, in the form of the catalogue.</param>
/// <param name="Text">Null: the place is there, and has no value.</param>
/// <param name="Source">The layer, for <c>nexo config</c>.</param>
/// <param name="Place">The exact place, for messages.</param>
internal sealed record GivenValue(string Name, string? Text, string Source, string Place);
