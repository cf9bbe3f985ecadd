using System.Text.Unicode;

namespace Nexo.Engine;

/// <summary>What names of things that people make must be.</summary>
internal static class EngineNames
{
    /// <summary>1 to so many bytes of UTF-8 without control characters.</summary>
    public static bool IsName(ReadOnlySpan<byte> name, int bytesMax) =>
        name.Length >= 1 && name.Length <= bytesMax && Utf8.IsValid(name) && !HasControls(name);

    /// <summary>Valid UTF-8 holds U+0000 to 1F and 7F as one byte, and 80 to 9F behind a byte C2.</summary>
    private static bool HasControls(ReadOnlySpan<byte> name)
    {
        byte before = 0;
        foreach (byte at in name)
        {
            if (at is < 0x20 or 0x7F || (before == 0xC2 && at < 0xA0))
            {
                return true;
            }

            before = at;
        }

        return false;
    }
}
