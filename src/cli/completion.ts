/** Scripts by which a shell completes what is typed, made of the tree of commands. */
import type { Command, Option } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** A command that may follow, or the program itself, whose path is empty. */
interface Place {
  /** `state/mv`. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  /** What its arguments can be, where that is known. */
  readonly arguments: readonly string[];
  readonly options: readonly Option[];
}

/** @param program with every command registered */
export function completionScript(program: Command, shell: Shell): string {
  const places = placesOf(program, '', []);
  if (shell === 'fish') return fishScript(places);
  const lines = bashFunction(places);
  if (shell === 'bash') return `${lines}\ncomplete -o default -F __syncline syncline\n`;
  return `#compdef syncline
autoload -U +X bashcompinit && bashcompinit
${lines}
complete -o default -F __syncline syncline
# From a folder of fpath, zsh runs this file as the function of that name when somebody first asks.
[[ "\${funcstack[1]}" == _syncline ]] && _bash_complete -o default -F __syncline || true
`;
}

function placesOf(command: Command, path: string, inherited: readonly Option[]): readonly Place[] {
  const options = [...command.options, ...inherited];
  const commands = command.commands.map((child) => ({ name: child.name(), description: child.description() }));
  const below = command.commands.flatMap((child) =>
    placesOf(child, path === '' ? child.name() : `${path}/${child.name()}`, options),
  );
  const known = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  return [{ path, commands, arguments: known, options }, ...below];
}

function flagsOf({ short, long }: Option): readonly string[] {
  return [short, long].filter((flag) => flag !== undefined);
}

function takesValue(option: Option): boolean {
  return option.required || option.optional;
}

/** The flags that are followed by a value, wherever they may stand. */
function valueFlags(places: readonly Place[]): readonly string[] {
  const flags = places.flatMap(({ options }) => options.filter(takesValue).flatMap(flagsOf));
  return [...new Set(flags)].sort();
}

/** What a flag can be followed by, where that is known. */
function choices(places: readonly Place[]): ReadonlyMap<string, readonly string[]> {
  const known = places.flatMap(({ options }) => options.filter(({ argChoices }) => argChoices !== undefined));
  return new Map(known.flatMap((option) => flagsOf(option).map((flag) => [flag, option.argChoices!] as const)));
}

function pathsOf(places: readonly Place[]): readonly string[] {
  return places.slice(1).map(({ path }) => (path.includes('/') ? path : `/${path}`));
}

function bashFunction(places: readonly Place[]): string {
  const words = places.map(({ path, commands, arguments: known, options }) => {
    const all = [...commands.map(({ name }) => name), ...known, ...options.flatMap(flagsOf), '-h', '--help'];
    return `    '${path}') words='${all.join(' ')}' ;;`;
  });
  const known = [...choices(places)].map(([flag, values]) => `    ${flag}) words='${values.join(' ')}' ;;`);
  return `__syncline() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' value='' words='' word index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [[ -n "$value" ]]; then value=''; continue; fi
    case "$word" in
      ${valueFlags(places).join('|')}) value="$word" ;;
      -*) ;;
      *) case "$path/$word" in ${pathsOf(places).join('|')}) path="\${path:+$path/}$word" ;; esac ;;
    esac
  done
  if [[ -n "$value" ]]; then
    case "$value" in
${known.map((line) => `  ${line}`).join('\n')}
      *) return ;;
    esac
  else case "$path" in
${words.join('\n')}
  esac; fi
  # Options once a dash is typed: until then a plan file is as likely, and the shell offers the files.
  [[ "$current" == -* ]] || { words=" $words"; words="\${words%% -*}"; }
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}`;
}

function fishScript(places: readonly Place[]): string {
  const known = choices(places);
  const help = "complete -c syncline -s h -l help -d 'display help for command'";
  const entries = places.flatMap(({ path, commands, arguments: values, options }) => {
    const here = `complete -c syncline -n 'test (__syncline_path) = "${path}"'`;
    return [
      ...commands.map(({ name, description }) => `${here} -a ${name} -d ${quoted(description)}`),
      ...(values.length === 0 ? [] : [`${here} -f -a ${quoted(values.join(' '))}`]),
      ...options.map((option) => {
        const flags = flagsOf(option).map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
        const values = known.get(option.long ?? '');
        const value = !takesValue(option) ? '' : values === undefined ? ' -r' : ` -x -a ${quoted(values.join(' '))}`;
        return `${here} ${flags.join(' ')}${value} -d ${quoted(option.description)}`;
      }),
    ];
  });
  return `function __syncline_path
    set -l path ''
    set -l value ''
    for word in (commandline -opc)[2..-1]
        if test -n "$value"
            set value ''
            continue
        end
        switch $word
            case ${valueFlags(places).join(' ')}
                set value $word
            case '-*'
            case '*'
                if contains -- "$path/$word" ${pathsOf(places).join(' ')}
                    set path (string trim -l -c / -- "$path/$word")
                end
        end
    end
    echo $path
end
${[help, ...entries].join('\n')}
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
