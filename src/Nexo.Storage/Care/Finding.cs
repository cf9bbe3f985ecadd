namespace Nexo.Storage;

/// <summary>One thing that an examination has to say.</summary>
/// <param name="Level">Information: as it should be. Warning: harmless. Error: damage.</param>
/// <param name="Path">The file, relative to the data directory; empty: all of it.</param>
/// <param name="Offset">Where in the file, in bytes; -1: nowhere in particular.</param>
/// <param name="Text">What it is, in one line.</param>
public sealed record Finding(StorageLevel Level, string Path, long Offset, string Text);
