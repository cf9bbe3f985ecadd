using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace Nexo.Engine.Memory;

/// <summary>A broken invariant stops the process: going on would give out wrong data.</summary>
internal static class Invariant
{
    public static void Require([DoesNotReturnIf(false)] bool holds, string what)
    {
        if (!holds)
        {
            throw new UnreachableException($"broken invariant: {what}");
        }
    }
}
