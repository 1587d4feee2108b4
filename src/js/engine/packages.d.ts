// The addons' packages, of which at most one is installed.
declare module 'smtp-engine-*' {
  const addon: typeof import('../native.js');
  export = addon;
}
