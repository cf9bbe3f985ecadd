namespace Nexo.Server.Settings;

/// <summary>
/// Reads a value; on false, <paramref name="reason"/> says what <see cref="SettingKind{T}.Allowed"/> does not.
/// </summary>
internal delegate bool SettingParser<T>(string text, out T value, out string? reason);

/// <summary>
/// A type of setting: what may be written, how it is read, and how it is printed so that it reads back the same.
/// </summary>
internal sealed record SettingKind<T>(string Allowed, SettingParser<T> TryParse, Func<T, string> Print);
